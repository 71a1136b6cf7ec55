// Markets: a row for each instrument, and one of them in full.
import { el, keyed, moreButton, number, setAttribute, setText, time } from '../dom.js';
import { formatPosition } from '../core.js';
import { Series, drawSeries, palette, watchSize } from '../series.js';

const shownFirst = 25;
const chartEvery = { seen: 500, unseen: 5_000 }; // ms; prices are drawn as they come

export class MarketsView {
  kind = 'ticker';
  #shown = shownFirst;
  #topics = [];
  #series = new Map(); // topic → prices seen
  #chosen;
  #pace = chartEvery.seen;

  constructor(section, { rewish, redraw }) {
    this.body = section.querySelector('tbody');
    this.table = section.querySelector('table');
    this.empty = section.querySelector('.empty');
    this.more = section.querySelector('.more');
    this.detail = section.querySelector('.quote');
    this.redraw = redraw;
    this.more.addEventListener('click', () => { this.#shown += shownFirst; rewish(); });
    // Charts nobody looks at need not be drawn often.
    new IntersectionObserver(([market]) => {
      this.#pace = market.isIntersecting ? chartEvery.seen : chartEvery.unseen;
      redraw();
    }, { rootMargin: '200px' }).observe(section);
  }

  wants(topics) {
    this.#topics = topics.slice(0, this.#shown);
    moreButton(this.more, topics.length - this.#shown, 'instruments');
    for (const topic of this.#series.keys()) if (!this.#topics.includes(topic)) this.#series.delete(topic);
    return this.#topics;
  }

  /** Every change counts for the chart, also those never drawn. */
  seen({ topic, state, received }) {
    let series = this.#series.get(topic);
    if (!series) this.#series.set(topic, series = new Series());
    series.push(received / 1_000, state.last);
  }

  draw(hub) {
    const entries = this.#topics.map(topic => hub.entries.get(topic)).filter(entry => entry?.state);
    this.empty.hidden = entries.length > 0;
    this.table.hidden = entries.length === 0;
    if (entries.length === 0) return;
    if (!entries.some(({ topic }) => topic === this.#chosen)) this.#chosen = entries[0].topic;
    const at = performance.timeOrigin + performance.now();
    keyed(this.body, entries, entry => entry.topic, entry => this.#row(entry), (row, entry) => {
      if (row.entry !== entry) this.#updateRow(row, entry);
      if (row.charted !== entry && !(at - row.chartedAt < this.#pace)) this.#chartRow(row, entry, at);
    });
    const chosen = hub.entries.get(this.#chosen);
    if (chosen?.state && this.detail.entry !== chosen) this.#updateDetail(chosen, at);
  }

  #row({ topic }) {
    const choose = () => {
      this.#chosen = topic;
      for (const row of this.body.children) row.firstElementChild.firstElementChild.setAttribute('aria-pressed', row.dataset.topic === topic);
      this.redraw();
    };
    const row = el('tr', { id: topic, testid: 'ticker', data: { topic } },
      el('th', { scope: 'row' },
        el('button', { type: 'button', class: 'pick', 'aria-pressed': String(topic === this.#chosen), on: { click: choose } },
          el('span', { class: 'symbol', text: topic.slice('ticker/'.length) }),
          el('span', { class: 'name' })),
        el('span', { class: 'badge halted', testid: 'ticker-halted', hidden: true, text: 'Halted' })),
      el('td', { class: 'chart' }, el('canvas', { class: 'spark', testid: 'ticker-chart', role: 'img' })),
      el('td', { class: 'number last', testid: 'ticker-last' }),
      el('td', { class: 'number change', testid: 'ticker-change' }, el('span', { class: 'by' }), el('span', { class: 'percent' })),
      el('td', { class: 'number wide', testid: 'ticker-bid' }),
      el('td', { class: 'number wide', testid: 'ticker-ask' }));
    watchSize(row.querySelector('canvas'), () => {
      row.charted = row.chartedAt = undefined;
      this.redraw();
    });
    return row;
  }

  #updateRow(row, entry) {
    const { state, previous, stale } = entry;
    const [head, , last, change, bid, ask] = row.children;
    row.entry = entry;
    const move = changeOf(state);
    setAttribute(row, 'data-position', formatPosition(entry));
    setAttribute(row, 'data-stale', stale);
    setAttribute(row, 'data-move', move.direction);
    setText(head.firstElementChild.lastElementChild, state.name);
    head.lastElementChild.hidden = !state.halted;
    setAttribute(head.lastElementChild, 'title', state.haltReason);
    setText(last, price(state.last));
    if (previous && previous.last !== state.last) setAttribute(last, 'data-tick', state.last > previous.last ? 'up' : 'down');
    setText(change.firstElementChild, move.by);
    setText(change.lastElementChild, move.percent);
    setText(bid, price(state.bid));
    setText(ask, price(state.ask));
  }

  #chartRow(row, entry, at) {
    row.charted = entry;
    row.chartedAt = at;
    this.#chart(row.querySelector('canvas'), entry.topic, changeOf(entry.state), undefined, at);
  }

  #chart(canvas, topic, move, reference, at) {
    const points = this.#series.get(topic)?.points ?? [];
    const colours = palette();
    drawSeries(canvas, points, { colour: colours[move.direction] ?? colours.accent, muted: colours.muted, reference, until: at });
    if (points.length) setAttribute(canvas, 'aria-label', `From ${price(points[0][1])} to ${price(points.at(-1)[1])} since ${time(points[0][0])}`);
  }

  #updateDetail(entry, at) {
    const { detail } = this;
    const { topic, state, stale } = entry;
    if (!detail.firstElementChild) {
      detail.append(...frame());
      watchSize(detail.querySelector('canvas'), () => {
        detail.entry = undefined;
        this.redraw();
      });
    }

    detail.entry = entry;
    detail.hidden = false;
    setAttribute(detail, 'data-topic', topic);
    const move = changeOf(state);
    const [{ children: [title, line, halt, facts] }, { children: [canvas, range] }] = detail.children;
    setText(title.firstElementChild, topic.slice('ticker/'.length));
    setText(title.lastElementChild, [state.name, state.market].filter(Boolean).join(' · '));
    setText(line.children[0], price(state.last));
    setText(line.children[1], state.currency);
    setText(line.children[2], move.percent ? `${move.by} (${move.percent})` : move.by);
    setAttribute(detail, 'data-move', move.direction);
    setAttribute(detail, 'data-stale', stale);
    halt.hidden = !state.halted;
    setText(halt, `Trading is halted${state.haltReason ? `: ${state.haltReason}` : ''}`);
    this.#chart(canvas, topic, move, state.previousClose, at);
    const points = this.#series.get(topic)?.points ?? [];
    setText(range.firstElementChild, points.length ? `Since ${time(points[0][0], true)}` : '');
    setText(range.lastElementChild, points.length ? `${price(Math.min(...points.map(([, value]) => value)))} to ${price(Math.max(...points.map(([, value]) => value)))}` : '');
    const values = [
      ['Bid', quote(state.bid, state.bidSize)], ['Ask', quote(state.ask, state.askSize)],
      ['Open', price(state.open)], ['Prev. close', price(state.previousClose)],
      ['High', price(state.high)], ['Low', price(state.low)],
      ['Volume', number(state.volume)], ['Traded', time(state.tradedAt, true) || '–'],
    ];
    keyed(facts, values, ([name]) => name, ([name]) => el('div', {}, el('dt', { text: name }), el('dd', {})), (node, [, value]) => setText(node.lastElementChild, value));
  }
}

function frame() {
  return [
    el('div', {},
      el('h3', {}, el('span', { class: 'symbol' }), el('span', { class: 'name' })),
      el('p', { class: 'big' }, el('span', { class: 'last' }), el('span', { class: 'currency' }), el('span', { class: 'change' })),
      el('p', { class: 'halt', hidden: true }),
      el('dl', { class: 'facts' })),
    el('figure', {},
      el('canvas', { class: 'chart', role: 'img' }),
      el('figcaption', { class: 'range' }, el('span', {}), el('span', {}))),
  ];
}

const price = value => number(value, 2, Math.abs(value) < 10 ? 4 : 2);
const quote = (value, size) => (size === undefined ? price(value) : `${price(value)} × ${number(size)}`);

/** Against the previous close. */
function changeOf({ last, previousClose }) {
  if (!Number.isFinite(last) || !(previousClose > 0)) return { direction: 'flat', by: '–', percent: '' };
  const by = last - previousClose;
  const sign = by > 0 ? '+' : '';
  return { direction: by > 0 ? 'up' : by < 0 ? 'down' : 'flat', by: sign + number(by, 2), percent: `${sign}${number(by / previousClose * 100, 2)} %` };
}
