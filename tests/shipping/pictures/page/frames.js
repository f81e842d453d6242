// From a panel and the series of its queries to Grafana's data frames, as a server would send them.
import { FieldType, getDisplayProcessor, getFieldDisplayName, toDataFrame } from '@grafana/data';

// `custom.lineStyle` names a place inside a field's settings.
function set(config, id, value) {
  const path = id.split('.');
  const last = path.pop();
  let target = config;
  for (const part of path) {
    target[part] = { ...target[part] };
    target = target[part];
  }
  target[last] = value;
}

function settings(panel, legend) {
  const { defaults, overrides } = panel.fieldConfig;
  const config = { ...structuredClone(defaults), displayNameFromDS: legend };
  for (const { matcher, properties } of overrides ?? []) {
    if (matcher.id === 'byName' && matcher.options === legend) {
      properties.forEach(({ id, value }) => set(config, id, value));
    }
  }
  return config;
}

export function framesOf(panel, series, theme) {
  const frames = series.map(({ legend, times, values }) =>
    toDataFrame({
      fields: [
        { name: 'Time', type: FieldType.time, values: times, config: {} },
        { name: 'Value', type: FieldType.number, values, config: settings(panel, legend) },
      ],
    })
  );
  frames.forEach((frame, frameIndex) =>
    frame.fields.forEach((field, fieldIndex) => {
      field.state = { seriesIndex: frameIndex, origin: { frameIndex, fieldIndex } };
      field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
      field.state.displayName = getFieldDisplayName(field, frame, frames);
    })
  );
  return frames;
}
