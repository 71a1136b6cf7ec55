// The little that the views need of the DOM. Text goes in as text and attributes as attributes; nothing here can make markup out of a payload.

/** Makes an element: `el('span', { class: 'x', testid: 'match-score', text: '2', data: { topic } }, child, …)`. Other properties are attributes. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function fill(node, { text, data, testid, on, ...attributes }, children) {
  if (text !== undefined) node.textContent = text;
  if (testid) node.dataset.testid = testid;
  Object.assign(node.dataset, data);
  for (const [name, listener] of Object.entries(on ?? {})) node.addEventListener(name, listener);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

/** Sets text only when it differs: an unchanged node costs no layout. */
export function setText(node, text) {
  const value = text === undefined || text === null ? '' : String(text);
  if (node.textContent !== value) node.textContent = value;
}

/** Sets or removes an attribute only when it differs. */
export function setAttribute(node, name, value) {
  if (value === undefined || value === null || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value === true ? '' : value)) {
    node.setAttribute(name, value === true ? '' : value);
  }
}

/** Makes `parent`'s children follow `items` in order: nodes stay with their key, so focus, scroll and open details survive. */
export function keyed(parent, items, keyOf, create, update) {
  const keys = new Set(items.map(keyOf));
  const old = new Map();
  for (const child of [...parent.children]) {
    if (keys.has(child.dataset.key)) old.set(child.dataset.key, child);
    else child.remove();
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = old.get(key);
    if (!node) {
      node = create(item);
      node.dataset.key = key;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
}

const formats = new Map();

/** A number with this many decimals, or a dash for none. */
export function number(value, decimals = 0, most = decimals) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  const key = `${decimals}/${most}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: most }));
  return formats.get(key).format(value).replace('-', '−');
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** A time today as 18:30, another day with its date; of something that is no time, an empty string. */
export function time(value, precise = false) {
  const date = new Date(value ?? NaN);
  if (Number.isNaN(date.getTime())) return '';
  if (date.toDateString() !== new Date().toDateString()) return day.format(date);
  return (precise ? seconds : clock).format(date);
}

/** `secondHalf` → `second half`. */
export const words = name => String(name ?? '').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

export const capitalised = text => text.charAt(0).toUpperCase() + text.slice(1);

/** A button that reveals more of a list; hidden when nothing is left. */
export function moreButton(button, left, what) {
  button.hidden = left <= 0;
  if (left > 0) setText(button, `Show more ${what} (${left})`);
}
