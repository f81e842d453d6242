// Bands of states in Grafana's colours: its own panel of them is not in its packages.
export function States({ frames, timeRange, width, height, theme }) {
  const left = 110;
  const axis = 22;
  const row = (height - axis) / Math.max(frames.length, 1);
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const x = (time) => left + ((time - from) / (to - from)) * (width - left);
  const hour = 3600e3;
  const apart = Math.ceil((to - from) / hour / 6) * hour;
  const first = Math.ceil(from / apart) * apart;
  const ticks = Array.from({ length: Math.floor((to - first) / apart) + 1 }, (_, n) => first + n * apart);
  return (
    <svg width={width} height={height} fontSize={12} fill={theme.colors.text.primary}>
      {frames.map((frame, at) => {
        const [time, value] = frame.fields;
        const step = time.values[1] - time.values[0];
        return (
          <g key={at}>
            <text x={left - 8} y={(at + 0.5) * row + 4} textAnchor="end">
              {value.state.displayName}
            </text>
            {time.values.map((now, n) =>
              value.values[n] === null ? null : (
                <rect key={now} x={x(now)} y={(at + 0.15) * row} height={row * 0.7}
                  width={Math.max(0, Math.min(x(now + step), width) - x(now) + 0.4)}
                  fill={value.display(value.values[n]).color} fillOpacity={0.8} />
              )
            )}
          </g>
        );
      })}
      {ticks.map((tick) => (
        <text key={tick} x={Math.min(x(tick), width - 18)} y={height - 4} textAnchor="middle">
          {new Date(tick).toISOString().slice(11, 16)}
        </text>
      ))}
    </svg>
  );
}
