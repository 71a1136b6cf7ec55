// News: the newest items of all feeds, with corrections and retractions.
import { el, keyed, moreButton, setAttribute, setText, time } from '../dom.js';
import { formatPosition } from '../core.js';

const shownFirst = matchMedia('(min-width: 1021px)').matches ? 12 : 6; // beside the matches there is more room
const mostShown = 50;

export class NewsView {
  kind = 'news';
  #all = false;

  constructor(section) {
    this.list = section.querySelector('.news');
    this.empty = section.querySelector('.empty');
    this.more = section.querySelector('.more');
    this.more.addEventListener('click', () => { this.#all = true; this.draw(this.hub); });
  }

  /** Feeds to follow, of those that exist. */
  wants(topics) { return topics.slice(0, 5); }

  draw(hub) {
    this.hub = hub;
    const feeds = [...hub.entries.values()].filter(({ topic, state }) => topic.startsWith('news/') && state);
    const items = feeds
      .flatMap(({ topic, state }) => Object.entries(state.items ?? {}).map(([id, item]) => ({ topic, id, item })))
      .sort((a, b) => b.item.order - a.item.order || (a.id < b.id ? 1 : -1))
      .slice(0, mostShown);
    const shown = this.#all ? items : items.slice(0, shownFirst);
    keyed(this.list, shown, ({ topic, id }) => `${topic} ${id}`, create, update);
    this.empty.hidden = items.length > 0;
    this.list.hidden = items.length === 0;
    moreButton(this.more, items.length - shown.length, 'news');
    setAttribute(this.list, 'data-position', formatPosition(feeds[0]));
    setAttribute(this.list, 'data-stale', feeds.some(feed => feed.stale));
  }
}

function create({ topic, id }) {
  return el('li', { testid: 'news-item', data: { topic, id } },
    el('p', { class: 'kicker' }, el('span', { class: 'tag' }), el('time', {}), el('span', { class: 'badge', hidden: true })),
    el('h3', { testid: 'news-headline' }),
    el('p', { class: 'summary' }),
    el('p', { class: 'note', testid: 'news-note' }),
    el('a', { class: 'about', hidden: true }));
}

function update(node, { item }) {
  const state = item.retracted ? 'retracted' : item.corrected || item.version > 1 ? 'corrected' : 'published';
  setAttribute(node, 'data-state', state);
  setAttribute(node, 'data-version', item.version);
  const [kicker, headline, summary, note, about] = node.children;
  const [tag, when, badge] = kicker.children;
  setText(tag, item.section);
  setText(when, time(item.publishedAt));
  setAttribute(when, 'datetime', item.publishedAt);
  badge.hidden = state === 'published';
  setText(badge, state === 'corrected' ? `Corrected ${time(item.correctedAt)}` : `Retracted ${time(item.retractedAt)}`);
  setText(headline, item.headline ?? 'This item was withdrawn');
  setText(summary, item.summary);
  setText(note, state === 'retracted' ? item.retractionReason : state === 'corrected' ? item.correctionNote : '');
  for (const part of [tag, summary, note]) part.hidden = part.textContent === '';
  about.hidden = typeof item.about !== 'string';
  if (!about.hidden) {
    setText(about, item.about);
    setAttribute(about, 'href', `#${encodeURIComponent(item.about)}`); // a place on this page, never an address from the payload
  }
}
