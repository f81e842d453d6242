// Bands of states in Grafana's colours: its own panel of them is not in its packages.
const [AXIS, LEGEND, BESIDE_LAST_LABEL, LETTER] = [22, 26, 24, 7];
const MINUTE = 60e3;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE);
const LEAST_BETWEEN_LABELS = 52;

function ticks(from, to, width) {
  const most = width / LEAST_BETWEEN_LABELS;
  const apart = STEPS.find((step) => (to - from) / step <= most) ?? STEPS.at(-1);
  const first = Math.ceil(from / apart) * apart;
  return Array.from({ length: Math.floor((to - first) / apart) + 1 }, (_, n) => first + n * apart);
}

// Equal values one after the other are one band, as Grafana merges them.
function bands(times, values) {
  const step = times[1] - times[0];
  const found = [];
  times.forEach((time, n) => {
    const last = found.at(-1);
    if (values[n] === null) {
      return;
    }
    if (last && last.value === values[n] && last.end === time) {
      last.end = time + step;
    } else {
      found.push({ value: values[n], begin: time, end: time + step });
    }
  });
  return found;
}

export function States({ frames, timeRange, width, height, theme, marks, colorOf, states }) {
  const names = frames.map((frame) => frame.fields[1].state.displayName);
  const left = Math.max(...names.map((name) => name.length)) * LETTER + 12;
  const right = width - BESIDE_LAST_LABEL;
  const bottom = height - AXIS - LEGEND;
  const row = bottom / frames.length;
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const x = (time) => left + ((Math.min(Math.max(time, from), to) - from) / (to - from)) * (right - left);
  const named = (color) => theme.visualization.getColorByName(color);
  const grid = theme.isDark ? 'rgba(240, 250, 255, 0.09)' : 'rgba(0, 10, 23, 0.09)';
  return (
    <svg width={width} height={height} fontSize={12} fill={theme.colors.text.primary}>
      {ticks(from, to, right - left).map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={0} y2={bottom} stroke={grid} />
          <text x={x(tick)} y={bottom + 16} textAnchor="middle">
            {new Date(tick).toISOString().slice(11, 16)}
          </text>
        </g>
      ))}
      {frames.map((frame, at) => (
        <g key={at}>
          <text x={left - 8} y={(at + 0.5) * row + 4} textAnchor="end">{names[at]}</text>
          {bands(frame.fields[0].values, frame.fields[1].values).map(({ value, begin, end }) => (
            <rect key={begin} x={x(begin)} y={(at + 0.15) * row} height={row * 0.7}
              width={Math.max(x(end) - x(begin), 1)} fill={frame.fields[1].display(value).color} fillOpacity={0.8} />
          ))}
        </g>
      ))}
      {marks.filter(({ time, timeEnd }) => timeEnd >= from && time <= to).map((mark, at) => (
        <g key={at} stroke={colorOf(mark)} strokeDasharray="5 5">
          {[mark.time, mark.timeEnd].filter((time) => time >= from && time <= to).map((time, end) => (
            <line key={end} x1={x(time)} x2={x(time)} y1={0} y2={bottom} />
          ))}
          <rect x={x(mark.time)} width={x(mark.timeEnd) - x(mark.time)} y={0} height={bottom}
            fill={colorOf(mark)} fillOpacity={0.12} stroke="none" />
        </g>
      ))}
      {states.map(({ text, color }, at) => (
        <g key={text}>
          <rect x={8 + at * 100} y={height - 13} width={14} height={4} rx={2} fill={named(color)} />
          <text x={28 + at * 100} y={height - 7}>{text}</text>
        </g>
      ))}
    </svg>
  );
}
