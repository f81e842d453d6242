// Lays out a dashboard's grid and draws each panel with what its queries found.
import { createTheme, dateTime, getDisplayValueAlignmentFactors } from '@grafana/data';
import { BigValue, GlobalStyles, ThemeContext, TimeSeries } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import 'uplot/dist/uPlot.min.css';
import { Description, Head, HEADER, PanelHead } from './chrome.jsx';
import { framesOf } from './frames.js';
import { addMarks } from './marks.js';
import { States } from './states.jsx';

const told = window.TOLD;
const theme = createTheme({ colors: { mode: told.theme } });
const timeRange = { from: dateTime(told.from), to: dateTime(told.to) };
timeRange.raw = { from: timeRange.from, to: timeRange.to };
const [GAP, PADDING, BESIDE_LAST_LABEL] = [8, 8, 24];
const colorOf = (mark) => theme.visualization.getColorByName(mark.color);

// A plot's settings can be changed until it is drawn, and this is called before.
function prepare(config) {
  config.setPadding([null, BESIDE_LAST_LABEL, null, null]);
  addMarks(config, told.marks, colorOf);
  return null;
}

function Contents({ panel, frames, width, height }) {
  const { noValue } = panel.fieldConfig.defaults;
  if (!frames.some((frame) => frame.fields[1].values.some((value) => value !== null))) {
    const middle = { height, display: 'flex', alignItems: 'center', justifyContent: 'center' };
    return <div style={{ ...middle, color: theme.colors.text.secondary }}>{noValue ?? 'No data'}</div>;
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
    return (
      <States {...size} frames={frames} timeRange={timeRange} marks={told.marks} colorOf={colorOf}
        states={panel.fieldConfig.defaults.mappings.flatMap(({ options }) => Object.values(options))} />
    );
  }
  return (
    <TimeSeries {...size} frames={frames} timeRange={timeRange} timeZone="utc"
      legend={panel.options.legend} structureRev={1}>
      {prepare}
    </TimeSeries>
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
  const beside = { left: box.left + box.width + GAP, top: box.top, width: told.width - box.width - 4 * GAP };
  return (
    <>
      <section style={{ ...box, ...frame }}>
        <PanelHead panel={panel} />
        <div style={{ padding: `0 ${PADDING}px`, position: 'relative' }}>
          <Contents panel={panel} frames={frames} width={box.width - 2 * PADDING - 2}
            height={box.height - HEADER - PADDING} />
        </div>
      </section>
      {told.opened === panel.id && (
        <Description panel={panel} theme={theme} style={{ ...beside, boxSizing: 'border-box' }} />
      )}
    </>
  );
}

function Page() {
  const { dashboard, choices, layers } = told;
  const [from, to] = [timeRange.from, timeRange.to].map((time) => time.toISOString().slice(0, 16).replace('T', ' '));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Head title={dashboard.title} until={`${from} to ${to} UTC`} choices={choices} layers={layers} theme={theme} />
      {dashboard.panels.map((panel) => (
        <Panel key={panel.id} panel={panel} column={told.width / 24} />
      ))}
    </ThemeContext.Provider>
  );
}

document.body.style.cssText = `margin:0;background:${theme.colors.background.canvas}`;
// A canvas does not draw its text again when a font comes.
Promise.all([400, 500].map((weight) => document.fonts.load(`${weight} 12px Inter`))).then(() =>
  createRoot(document.getElementById('root')).render(<Page />)
);
