// What is around the panels: the dashboard's head with its choices and marks, and a panel's own.
export const HEADER = 30;

function Icon({ children }) {
  return (
    <svg width={14} height={14} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={2.2}
      strokeLinecap="round" style={{ flexShrink: 0, margin: '3px 0 0 6px', opacity: 0.65 }}>
      {children}
    </svg>
  );
}

export function PanelHead({ panel }) {
  return (
    <div style={{ height: HEADER, padding: '6px 8px', fontSize: 14, fontWeight: 500, display: 'flex' }}>
      <span style={{ whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis', lineHeight: '20px' }}>{panel.title}</span>
      {panel.description && (
        <Icon>
          <circle cx={12} cy={12} r={10} />
          <path d="M12 11v6M12 7v.1" />
        </Icon>
      )}
      {panel.links?.length > 0 && (
        <Icon>
          <path d="M14 4h6v6M20 4l-9 9M10 5H5v14h14v-5" />
        </Icon>
      )}
    </div>
  );
}

// The little Markdown that the descriptions have: paragraphs, bold and code.
function words(text, theme) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part, at) => {
    if (part.startsWith('**')) {
      return <b key={at}>{part.slice(2, -2)}</b>;
    }
    if (part.startsWith('`')) {
      const code = { background: theme.colors.background.canvas, padding: '1px 4px', borderRadius: 2 };
      return <code key={at} style={code}>{part.slice(1, -1)}</code>;
    }
    return part;
  });
}

export function Description({ panel, theme, style }) {
  const { description, links } = panel;
  const box = {
    position: 'absolute',
    padding: '12px 16px',
    fontSize: 14,
    lineHeight: 1.5,
    color: theme.colors.text.primary,
    background: theme.colors.background.secondary,
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: 4,
    boxShadow: theme.shadows.z3,
  };
  return (
    <div style={{ ...box, ...style }}>
      {description.split('\n\n').map((part, at) => (
        <p key={at} style={{ margin: '0 0 10px' }}>{words(part, theme)}</p>
      ))}
      {links.map(({ title, url }) => (
        <div key={url} style={{ color: theme.colors.text.link }}>{`${title}: ${url}`}</div>
      ))}
    </div>
  );
}

function Choice({ label, value, theme }) {
  const part = { padding: '3px 8px', border: `1px solid ${theme.colors.border.medium}` };
  return (
    <span style={{ marginRight: 10, fontSize: 12 }}>
      <span style={{ ...part, background: theme.colors.background.secondary }}>{label}</span>
      <span style={{ ...part, marginLeft: -1, background: theme.components.input.background }}>{value}</span>
    </span>
  );
}

function Layer({ name, color, texts }) {
  const line = { fontSize: 12, lineHeight: '20px' };
  return (
    <div style={line}>
      <span style={{ display: 'inline-block', width: 9, height: 9, borderRadius: 5, background: color, marginRight: 7 }} />
      <b style={{ fontWeight: 500 }}>{name}</b>
      {`: ${texts.join(', ') || 'none'}`}
    </div>
  );
}

export function Head({ title, until, choices, layers, theme }) {
  return (
    <header style={{ position: 'absolute', left: 8, right: 8, top: 12 }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline', marginBottom: 10 }}>
        <h1 style={{ fontSize: 22, margin: 0 }}>{title}</h1>
        <div>{until}</div>
      </div>
      <div style={{ marginBottom: 8 }}>
        {choices.map(({ label, value }) => (
          <Choice key={label} label={label} value={value} theme={theme} />
        ))}
      </div>
      {layers.map((layer) => (
        <Layer key={layer.name} {...layer} color={theme.visualization.getColorByName(layer.color)} />
      ))}
    </header>
  );
}
