// What the page has seen of one number since it was opened, in bounded memory, and how it is drawn.

const most = 240;

/** Up to 240 points; when full, every second one goes and further ones come half as often. The newest is always there. */
export class Series {
  points = []; // [ms, value], oldest first
  #gap = 0;    // least ms between two kept points

  push(at, value) {
    if (!Number.isFinite(value)) return;
    const { points } = this;
    const anchor = points.at(-2);
    if (points.length > 1 && at - anchor[0] < this.#gap) points[points.length - 1] = [at, value];
    else points.push([at, value]);
    if (points.length <= most) return;
    this.points = points.filter((_, i) => i % 2 === 0 || i === points.length - 1);
    this.#gap = Math.max(1, 2 * (at - points[0][0]) / most);
  }
}

// Asking an element for its size after changing the page makes the browser lay it out at once, so sizes are told instead.
const sizes = new WeakMap();
const watcher = globalThis.ResizeObserver && new ResizeObserver(changes => {
  for (const { target, contentRect } of changes) {
    sizes.set(target, contentRect);
    target.onresized?.();
  }
});

/** A canvas whose size is watched; `onresized` is called when it is to be drawn again. */
export function watchSize(canvas, onresized) {
  canvas.onresized = onresized;
  watcher.observe(canvas);
  return canvas;
}

/** Draws a line over its area; `reference` (the previous close) as a dashed line. Returns lowest and highest value shown. */
export function drawSeries(canvas, points, { colour, muted, reference, until }) {
  const ratio = globalThis.devicePixelRatio || 1;
  const { width = 0, height = 0 } = sizes.get(canvas) ?? {};
  if (width === 0 || height === 0) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (points.length === 0) return;

  let [low, high] = [Infinity, -Infinity];
  for (const [, value] of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const spread = high - low || Math.abs(high) * 0.001 || 1;
  const showsReference = reference >= low - spread && reference <= high + spread;
  if (showsReference) [low, high] = [Math.min(low, reference), Math.max(high, reference)];
  const from = points[0][0];
  const x = at => (at - from) / Math.max(1, until - from) * (width - 2) + 1;
  const y = value => height - 3 - (high > low ? (value - low) / (high - low) : 0.5) * (height - 6);

  if (showsReference) {
    context.strokeStyle = muted;
    context.setLineDash([2, 3]);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y(reference));
    context.lineTo(width, y(reference));
    context.stroke();
    context.setLineDash([]);
  }

  context.beginPath();
  points.forEach(([at, value], i) => (i === 0 ? context.moveTo(x(at), y(value)) : context.lineTo(x(at), y(value))));
  context.lineTo(x(until), y(points.at(-1)[1]));
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.stroke();
  context.lineTo(x(until), height);
  context.lineTo(x(from), height);
  context.closePath();
  context.globalAlpha = 0.12;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}

let cached;

/** The colours of the current theme, read once per theme. */
export function palette() {
  if (!cached) {
    const style = getComputedStyle(document.documentElement);
    const read = name => style.getPropertyValue(name).trim();
    cached = { up: read('--up'), down: read('--down'), muted: read('--muted'), accent: read('--accent') };
  }
  return cached;
}

if (globalThis.matchMedia) matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { cached = undefined; });
