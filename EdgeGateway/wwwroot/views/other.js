// Kinds this page was not made for: their topics as trees, so that a new kind is visible as soon as it exists.
import { el, keyed, moreButton, setAttribute, setText, words, capitalised } from '../dom.js';
import { formatPosition } from '../core.js';

const shownFirst = 12;
const mostOpen = 200;  // members shown of one object or array
const mostDeep = 12;

export class OtherView {
  #shown = new Map();  // kind → how many topics
  #topics = new Map(); // kind → those shown
  #kinds = [];

  constructor(section, context) {
    const { link, rewish } = context;
    Object.assign(this, { section, link, context, rewish });
    this.box = section.querySelector('.others');
  }

  /** @param {Map<string, string[]>} topicsByKind of the kinds without a view of their own */
  wants(topicsByKind, delivery) {
    this.#kinds = [...topicsByKind].map(([kind, topics]) => ({ kind, topics, delivery: delivery.get(kind) }));
    this.section.hidden = this.link.hidden = this.#kinds.length === 0;
    for (const { kind, topics } of this.#kinds) this.#topics.set(kind, topics.slice(0, this.#shown.get(kind) ?? shownFirst));
    return this.#kinds.flatMap(({ kind }) => this.#topics.get(kind));
  }

  draw(hub) {
    keyed(this.box, this.#kinds, ({ kind }) => kind, ({ kind }) => this.#kindBox(kind), (node, { kind, topics, delivery }) => {
      const [title, list, empty, more] = node.children;
      setText(title.firstElementChild, kind);
      setText(title.lastElementChild, delivery === 'every' ? 'every change' : 'latest value');
      empty.hidden = topics.length > 0;
      moreButton(more, topics.length - this.#topics.get(kind).length, 'topics');
      const entries = this.#topics.get(kind).map(topic => hub.entries.get(topic)).filter(entry => entry?.state !== undefined);
      keyed(list, entries, ({ topic }) => topic, entry => this.#topicBox(entry, list.childElementCount < 3), update);
    });
  }

  #kindBox(kind) {
    const more = () => {
      this.#shown.set(kind, (this.#shown.get(kind) ?? shownFirst) + shownFirst);
      this.rewish();
    };
    return el('section', { class: 'kind', testid: 'kind', data: { kind }, 'aria-label': kind },
      el('h3', {}, el('span', {}), el('small', { class: 'muted' })),
      el('div', { class: 'trees' }),
      el('p', { class: 'muted', text: 'No topic had an event yet.' }),
      el('button', { class: 'more', type: 'button', hidden: true, on: { click: more } }));
  }

  #topicBox({ topic }, isOpen) {
    const box = el('details', { class: 'card tree-box', open: isOpen, testid: 'generic', data: { topic } },
      el('summary', {}, el('span', { class: 'key', text: topic.slice(topic.indexOf('/') + 1) }), el('span', { class: 'badge stale-badge', hidden: true, text: 'Stale' }), el('span', { class: 'offset' })),
      el('div', { class: 'tree', testid: 'generic-state' }),
      el('a', { class: 'raw', href: `${this.context.base}/topics/${topic}`, text: 'As JSON' }));
    box.addEventListener('toggle', () => { if (box.entry) update(box, box.entry, true); });
    return box;
  }
}

function update(box, entry, again = false) {
  if (box.entry === entry && !again) return;
  box.entry = entry;
  setAttribute(box, 'data-position', formatPosition(entry));
  setAttribute(box, 'data-stale', entry.stale);
  const [summary, tree] = box.children;
  summary.children[1].hidden = !entry.stale;
  setText(summary.lastElementChild, `offset ${entry.offset}`);
  if (box.open) grow(tree, entry.state, 0);
}

/** Draws any JSON value into `node`; what stays is kept, so reading and selecting go on while it changes. */
function grow(node, value, depth) {
  const nested = typeof value === 'object' && value !== null && depth < mostDeep;
  if (node.firstElementChild?.tagName !== (nested ? 'DL' : 'SPAN')) node.replaceChildren(nested ? el('dl', {}) : el('span', {}));
  const inner = node.firstElementChild;
  if (!nested) {
    setText(inner, typeof value === 'string' ? value : JSON.stringify(value));
    setAttribute(inner, 'data-type', value === null ? 'null' : typeof value);
    return;
  }
  const members = Object.entries(value);
  const shown = members.slice(0, mostOpen);
  if (members.length > shown.length) shown.push(['…', `${members.length - shown.length} more`]);
  if (shown.length === 0) shown.push([Array.isArray(value) ? '[ ]' : '{ }', 'empty']);
  keyed(inner, shown, ([name]) => name, ([name]) => el('div', {}, el('dt', { text: label(name, value) }), el('dd', {})), (member, [, of]) => grow(member.lastElementChild, of, depth + 1));
}

const label = (name, value) => (Array.isArray(value) ? `${Number(name) + 1}.` : /^[a-z][a-zA-Z]*$/.test(name) ? capitalised(words(name)) : name);
