// Lays out a dashboard's grid and draws each panel with what its queries found.
import { createTheme, dateTime, getDisplayValueAlignmentFactors } from '@grafana/data';
import { BigValue, GlobalStyles, ThemeContext, TimeSeries } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import 'uplot/dist/uPlot.min.css';
import { framesOf } from './frames.js';
import { States } from './states.jsx';

const told = window.TOLD;
const theme = createTheme({ colors: { mode: told.theme } });
const timeRange = { from: dateTime(told.from), to: dateTime(told.to) };
timeRange.raw = { from: timeRange.from, to: timeRange.to };
const [GAP, HEADER, PADDING] = [8, 30, 8];

function Contents({ panel, frames, width, height }) {
  const { noValue } = panel.fieldConfig.defaults;
  if (frames.length === 0) {
    return <div style={{ padding: 16, color: theme.colors.text.secondary }}>{noValue ?? 'No data'}</div>;
  }
  const size = { width, height, theme };
  if (panel.type === 'stat') {
    const field = frames[0].fields[1];
    const value = field.display(field.values.at(-1));
    const { colorMode, graphMode, textMode, justifyMode } = panel.options;
    return (
      <BigValue {...size} value={value} textMode={textMode} colorMode={colorMode}
        graphMode={graphMode} justifyMode={justifyMode}
        alignmentFactors={getDisplayValueAlignmentFactors([{ display: value }])} />
    );
  }
  if (panel.type === 'state-timeline') {
    return <States {...size} frames={frames} timeRange={timeRange} />;
  }
  return (
    <TimeSeries {...size} frames={frames} timeRange={timeRange} timeZone="utc"
      legend={panel.options.legend} structureRev={1} />
  );
}

function Panel({ panel, column }) {
  const { x, y, w, h } = panel.gridPos;
  const box = {
    position: 'absolute',
    boxSizing: 'border-box',
    left: x * column + GAP / 2,
    top: told.top + y * told.unit + GAP / 2,
    width: w * column - GAP,
    height: h * told.unit - GAP,
  };
  if (panel.type === 'row') {
    return <h3 style={{ ...box, margin: 0, fontSize: 16, paddingTop: 4 }}>{panel.title}</h3>;
  }
  const frames = framesOf(panel, told.series[panel.id] ?? [], theme);
  const frame = {
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: 4,
    overflow: 'hidden',
  };
  return (
    <section style={{ ...box, ...frame }}>
      <div style={{ height: HEADER, padding: '6px 8px', fontSize: 13, fontWeight: 500 }}>{panel.title}</div>
      <div style={{ padding: `0 ${PADDING}px`, position: 'relative' }}>
        <Contents panel={panel} frames={frames} width={box.width - 2 * PADDING - 2}
          height={box.height - HEADER - PADDING} />
      </div>
    </section>
  );
}

function Page() {
  const { dashboard } = told;
  const until = `${timeRange.from.toISOString().slice(0, 16)} to ${timeRange.to.toISOString().slice(0, 16)} UTC`;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <h1 style={{ position: 'absolute', left: 8, top: 14, fontSize: 22, margin: 0 }}>{dashboard.title}</h1>
      <div style={{ position: 'absolute', right: 8, top: 20 }}>{until.replace(/T(?=\d)/g, ' ')}</div>
      {dashboard.panels.map((panel) => (
        <Panel key={panel.id} panel={panel} column={told.width / 24} />
      ))}
    </ThemeContext.Provider>
  );
}

document.body.style.cssText = `margin:0;background:${theme.colors.background.canvas}`;
createRoot(document.getElementById('root')).render(<Page />);
