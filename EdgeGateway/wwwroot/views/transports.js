// One topic over three connections side by side, each with its own position, so that cut and resume can be watched.
import { el, number, setAttribute, setText, time } from '../dom.js';
import { formatPosition, hops, median } from '../core.js';
import { open } from '../stream.js';
import { byName } from '../catalogue.js';

const transports = [
  { transport: 'ws', title: 'WebSocket', about: 'Each change is pushed as one frame.' },
  { transport: 'sse', title: 'Server-sent events', about: 'One answer that does not end.' },
  { transport: 'http', title: 'HTTP' },
];
const cutFor = 3_000;   // ms: long enough to be seen
const lines = 5;        // of a panel's log
const remembered = 64;  // changes whose latency the median is of

export class TransportsView {
  #topic;
  #delta = false;

  constructor(section, context) {
    const find = testid => section.querySelector(`[data-testid="${testid}"]`);
    this.select = find('panel-topic');
    this.together = find('panels-together');
    this.panels = transports.map(about => new Panel(about, context));
    section.querySelector('.panels').append(...this.panels.map(panel => panel.node));
    this.select.addEventListener('change', () => this.follow(this.select.value));
    find('panel-delta').addEventListener('change', event => { this.#delta = event.target.checked; this.follow(this.#topic); });
    find('cut-all').addEventListener('click', () => this.panels.forEach(panel => panel.cut()));
    find('cut-page').addEventListener('click', () => context.cutPage(cutFor));
  }

  get topic() { return this.#topic; }

  /** Offers what there is to choose from, and starts with the newest match or else the first topic. */
  offer(topicsByKind) {
    const wanted = JSON.stringify([...topicsByKind]);
    if (wanted === this.offered) return;
    this.offered = wanted;
    const groups = [...topicsByKind].filter(([, topics]) => topics.length > 0).map(([kind, topics]) =>
      el('optgroup', { label: kind }, ...topics.toSorted(byName).slice(0, 200).map(topic => el('option', { value: topic, text: topic.slice(kind.length + 1) }))));
    this.select.replaceChildren(...groups);
    if (this.#topic) this.select.value = this.#topic;
    const first = topicsByKind.get('ticker')?.[0] ?? topicsByKind.get('match')?.at(-1) ?? [...topicsByKind.values()].flat()[0];
    if (!this.#topic && first) this.follow(first);
  }

  follow(topic) {
    this.#topic = this.select.value = topic;
    for (const panel of this.panels) panel.follow(topic, this.#delta);
  }

  /** The panels go on at the gateway that the context names now. */
  move() {
    for (const panel of this.panels) panel.move();
  }

  retry() {
    for (const { stream } of this.panels) if (stream?.status === 'waiting' || stream?.status === 'failed') stream.retry();
  }

  draw() {
    for (const panel of this.panels) panel.draw();
    const positions = new Set(this.panels.map(panel => formatPosition(panel.entry)));
    const same = positions.size === 1 && !positions.has('');
    setAttribute(this.together, 'data-same', same);
    setText(this.together, same ? 'All three at the same position' : 'Positions differ at the moment');
  }
}

class Panel {
  #latencies = [];
  #log = [];
  #lost;      // position when the connection went, until it is back
  #topic;
  #delta;
  #mode = 'wait';
  #late = true;

  constructor({ transport, title, about }, context) {
    Object.assign(this, { transport, title, context });
    this.node = this.#build(title, about);
  }

  get entry() { return this.stream?.entries.get(this.#topic); }

  follow(topic, delta) {
    this.stream?.close();
    this.#topic = topic;
    this.#delta = delta;
    this.#lost = undefined;
    this.#latencies = [];
    this.#log = [];
    this.#open();
  }

  move() {
    if (!this.stream) return;
    this.stream.close();
    this.#latencies = [];
    this.#open(this.stream.entries);
  }

  #open(entries) {
    this.stream = open([this.#topic], {
      entries,
      transport: this.transport,
      base: this.context.base,
      delta: this.#delta,
      mode: this.#mode,
      every: this.context.every,
      onChange: (entry, about) => this.#changed(entry, about),
      onFreshness: (_, stale) => this.#note(stale ? 'The region lost touch: stale' : 'Fresh again'),
      onStatus: (stream, end) => this.#status(stream, end),
    });
  }

  cut() {
    if (this.#down) this.stream.retry();
    else this.stream?.cut(cutFor);
  }

  get #down() { return this.stream?.status === 'failed' || this.stream?.status === 'waiting'; }

  #changed(entry, { gap, hole, received }) {
    const way = hops(entry.time, received);
    if (way.length) this.#latencies.push(way.reduce((sum, { ms }) => sum + ms, 0));
    if (this.#latencies.length > remembered) this.#latencies.shift();
    if (this.#lost && this.#lost.position && this.stream.status === 'open') this.#lost.received++;
    if (gap) this.#note(gap === 'epoch' ? 'A new epoch: full state taken' : 'History too short: full state taken');
    if (hole) this.#note(`Offsets missing before ${entry.offset}`);
    this.#late = true;
    this.context.redraw();
  }

  #status(stream, end) {
    const before = formatPosition(stream.entries.get(this.#topic));
    if ((stream.status === 'waiting' || stream.status === 'cut') && !this.#lost) {
      this.#lost = { position: before, received: 0 };
      this.#note(`${stream.status === 'cut' ? 'Cut' : 'Lost'} at ${short(before)}${stream.status === 'cut' ? '' : `: ${end?.reason}`}`);
    } else if (stream.status === 'open' && stream.stats.connects > 1 && this.#lost) {
      const lost = this.#lost;
      this.#note(lost.position ? `Resumed after ${short(lost.position)}` : 'Connected again');
      // What was missed arrives at once after the resume; a moment later it can be counted.
      setTimeout(() => {
        if (this.stream === stream && this.#lost === lost) {
          this.#lost = undefined;
          if (lost.received) this.#note(`Caught up to ${short(formatPosition(this.entry))} with ${lost.received} ${lost.received === 1 ? 'change' : 'changes'}`);
        }
      }, 700);
    } else if (stream.status === 'open' && stream.stats.connects === 1) {
      this.#note('Connected');
    }
    this.#late = true;
    this.context.redraw();
  }

  #note(text) {
    this.#log.unshift({ at: Date.now(), text });
    this.#log.length = Math.min(this.#log.length, lines);
    this.#late = true;
    this.context.redraw();
  }

  #build(title, about) {
    const id = `panel-${this.transport}`;
    const fact = (label, testid) => el('div', {}, el('dt', { text: label }), el('dd', { testid }));
    this.parts = {
      status: el('span', { class: 'status', testid: 'panel-status' }),
      stale: el('span', { class: 'badge stale-badge', testid: 'panel-stale', text: 'Stale', hidden: true }),
      position: el('p', { class: 'position', testid: 'panel-position' }),
      hops: el('ol', { class: 'hops', testid: 'panel-hops' }),
      total: el('p', { class: 'total', testid: 'panel-latency' }),
      log: el('ol', { class: 'log', testid: 'panel-log' }),
      cut: el('button', { type: 'button', testid: 'panel-cut', text: 'Cut', on: { click: () => this.cut() } }),
      facts: el('dl', { class: 'facts counters' },
        fact('Changes', 'panel-updates'), fact('Duplicates dropped', 'panel-duplicates'), fact('Gaps, told', 'panel-gaps'),
        fact('Holes, not told', 'panel-holes'), fact('Reconnects', 'panel-reconnects'), fact('Received', 'panel-received')),
    };
    const choose = event => {
      this.#mode = event.target.value;
      this.follow(this.#topic, this.#delta);
    };
    const mode = about ? el('p', { class: 'mode', text: about }) : el('label', { class: 'mode' }, 'Ask by',
      el('select', { testid: 'panel-mode', on: { change: choose } },
        el('option', { value: 'wait', text: 'long-poll (after, wait)' }), el('option', { value: 'poll', text: 'GET every 2 s (ETag)' })));
    const { status, stale, position, hops: way, total, log, cut, facts } = this.parts;
    return el('article', { class: 'card panel', testid: 'panel', data: { transport: this.transport }, 'aria-labelledby': id },
      el('header', {}, el('h3', { id, text: title }), stale, status, cut), mode,
      el('div', { class: 'label', text: 'Position' }), position,
      el('div', { class: 'label', text: 'Way of the last change' }), way, total, facts,
      el('div', { class: 'label', text: 'Log' }), log);
  }

  draw() {
    const { stream, parts } = this;
    if (!stream) return;
    const counting = stream.status === 'waiting' || stream.status === 'cut';
    setText(parts.status, statusText(stream));
    setAttribute(parts.status, 'data-state', stream.status);
    setAttribute(parts.status, 'title', stream.reason);
    setText(parts.cut, this.#down ? 'Retry' : 'Cut');
    setAttribute(parts.cut, 'aria-label', `${parts.cut.textContent} ${this.title}`);
    parts.cut.disabled = stream.status === 'cut';
    if (counting) setTimeout(() => this.context.redraw(), 500);
    if (!this.#late) return;
    this.#late = false;
    const { entry } = this;
    parts.stale.hidden = !entry?.stale;
    setAttribute(this.node, 'data-stale', entry?.stale === true);
    setAttribute(this.node, 'data-position', formatPosition(entry));
    setText(parts.position, formatPosition(entry) || 'none yet');
    this.#drawHops(entry);
    const { stats } = stream;
    const values = [stats.changes, stats.duplicates, stats.gaps, stats.holes, stats.reconnects];
    values.forEach((value, i) => setText(parts.facts.children[i].lastElementChild, value));
    setText(parts.facts.lastElementChild.lastElementChild, `${number(stats.characters / 1_000, 1)} kB`);
    setText(parts.facts.lastElementChild.firstElementChild, this.#received(stats));
    parts.log.replaceChildren(...this.#log.map(({ at, text }) => el('li', {}, el('time', { text: time(at, true) }), ` ${text}`)));
  }

  #received({ patches, notModified }) {
    if (patches) return `Received, ${patches} as patches`;
    return notModified ? `Received, ${notModified} × 304` : 'Received';
  }

  #drawHops(entry) {
    const way = entry ? hops(entry.time, entry.received) : [];
    const list = this.parts.hops;
    while (list.children.length > way.length) list.lastElementChild.remove();
    while (list.children.length < way.length) list.append(el('li', {}, el('span', {}), el('b', {}), el('small', {})));
    way.forEach(({ from, to, ms }, i) => {
      const [name, value, note] = list.children[i].children;
      setText(name, `${from} → ${to}`);
      setText(value, `${number(ms, 1)} ms`);
      setText(note, to === 'browser' ? 'includes clock difference' : '');
    });
    const total = this.#latencies.at(-1);
    setText(this.parts.total, total === undefined ? '' : `In all ${number(total, 1)} ms; median of the last ${this.#latencies.length}: ${number(median(this.#latencies), 1)} ms`);
  }
}

const short = position => (position ? `…${position.slice(12)}` : 'no position');

function statusText({ status, retryAt }) {
  const left = Math.max(0, Math.ceil((retryAt - performance.now()) / 1_000));
  if (status === 'waiting') return left > 0 ? `Again in ${left} s` : 'Reconnecting';
  if (status === 'cut') return left > 0 ? `Cut, back in ${left} s` : 'Cut';
  return { connecting: 'Connecting', open: 'Open', failed: 'Failed', closed: 'Closed' }[status];
}
