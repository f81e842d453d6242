// Marks in time as Grafana's annotations: dashed lines, a band where something lasted, a triangle below.
const TRIANGLE = 5;
const marked = new WeakSet();

export function addMarks(config, marks, color) {
  // The builder is the same at every render, and every hook would draw once more.
  if (marked.has(config)) {
    return;
  }
  marked.add(config);
  config.addHook('draw', (plot) => marks.forEach((mark) => draw(plot, mark, color(mark))));
}

function draw({ ctx, bbox, valToPos, pxRatio }, { time, timeEnd }, color) {
  const [left, right] = [bbox.left, bbox.left + bbox.width];
  const place = (at) => Math.round(valToPos(at, 'x', true));
  const [from, to] = [place(time), place(timeEnd)];
  if (to < left || from > right) {
    return;
  }
  const inside = (x) => x >= left && x <= right;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = pxRatio ?? 1;
  ctx.setLineDash([5, 5]);
  for (const x of new Set([from, to].filter(inside))) {
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  const bottom = bbox.top + bbox.height;
  const [start, end] = [Math.max(from, left), Math.min(to, right)];
  if (end > start) {
    ctx.globalAlpha = 0.12;
    ctx.fillRect(start, bbox.top, end - start, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(start, bottom, end - start, TRIANGLE);
  } else {
    ctx.beginPath();
    ctx.moveTo(start, bottom);
    ctx.lineTo(start - TRIANGLE, bottom + TRIANGLE);
    ctx.lineTo(start + TRIANGLE, bottom + TRIANGLE);
    ctx.fill();
  }
  ctx.restore();
}
