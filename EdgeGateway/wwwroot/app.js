// Puts the page together: finds kinds and topics, tells the hub what the views want, and draws at most ten times a second.
import * as core from './core.js';
import { readKinds, readTopics } from './catalogue.js';
import { el, setText } from './dom.js';
import { Hub } from './hub.js';
import { MatchesView } from './views/matches.js';
import { NewsView } from './views/news.js';
import { MarketsView } from './views/markets.js';
import { WeatherView } from './views/weather.js';
import { TransportsView } from './views/transports.js';
import { OtherView } from './views/other.js';
import { HealthView } from './views/health.js';
import { RegionsView } from './views/regions.js';

const drawEvery = 100;       // ms
const lookAgain = { news: 3_000, calm: 15_000 }; // ms until the next look for kinds and topics, after one that found new ones or none
const query = new URLSearchParams(location.search);
let base = gateway();
const find = testid => document.querySelector(`[data-testid="${testid}"]`);
const section = id => document.getElementById(id);

// `/?transport=sse` and `http` hold the page to one transport; otherwise it finds the best that works.
const transport = ['ws', 'sse', 'http'].find(name => name === query.get('transport')) ?? 'auto';
const hub = new Hub({ base, transport, onChange: seen, onStatus: redraw });
const context = { get base() { return base; }, every: topic => hub.every(topic), redraw: redrawViews, rewish, announce, cutPage: milliseconds => hub.cut(milliseconds) };
const views = [
  new MatchesView(section('matches'), context),
  new NewsView(section('news'), context),
  new MarketsView(section('markets'), context),
  new WeatherView(section('weather'), context),
];
const markets = views.find(view => view.kind === 'ticker');
const other = new OtherView(section('other'), Object.assign(Object.create(context), { link: document.querySelector('nav a[href="#other"]') }));
const transports = new TransportsView(section('transports'), Object.assign(Object.create(context), { redraw }));
const health = new HealthView(find);
const regions = new RegionsView(section('regions'), Object.assign(Object.create(context), { redraw, find, moveTo }));

let topicsByKind = new Map();
let problem = '';

/** Another gateway to talk to: `/?gateway=http://localhost:8081`. The page's policy allows this machine's only. */
function gateway() {
  try {
    const { origin, protocol } = new URL(query.get('gateway'));
    return protocol === 'http:' || protocol === 'https:' ? origin : '';
  } catch {
    return '';
  }
}

async function look() {
  let wait = lookAgain.news;
  try {
    const { kinds } = await readKinds(base);
    const found = await Promise.all(kinds.map(async ({ kind, delivery }) => {
      hub.delivery.set(kind, delivery);
      return [kind, await readTopics(base, kind)];
    }));
    const count = topics => [...topics.values()].flat().length;
    const before = count(topicsByKind);
    topicsByKind = new Map(found);
    if (before > 0 && count(topicsByKind) === before) wait = lookAgain.calm;
    problem = '';
    rewish();
  } catch {
    problem = 'The list of topics cannot be read at the moment; the page goes on trying.';
    redraw();
  }
  setTimeout(look, wait);
}

/** Another region from here on: every topic goes on there from the position it has. What got lost on the way is counted, and must be nothing. */
function moveTo({ name, publicUrl }) {
  base = publicUrl === location.origin ? '' : publicUrl;
  const address = new URL(location.href);
  if (base) address.searchParams.set('gateway', base);
  else address.searchParams.delete('gateway');
  history.replaceState(null, '', address);
  const before = hub.stats;
  hub.move(base);
  transports.move();
  showGateway();
  announce(`You see region ${name} now`);
  whenOpen(base, () => {
    const { holes, gaps } = hub.stats;
    const missed = holes - before.holes + gaps - before.gaps;
    regions.told(`${hub.entries.size} topics went on, ${missed} ${missed === 1 ? 'gap' : 'gaps'}`, missed === 0);
  });
}

/** Calls back a moment after all streams are open at this gateway, when what was missed has arrived. */
function whenOpen(at, then, tries = 0) {
  if (base !== at || tries > 300) return;
  const open = hub.streams.length > 0 && hub.streams.every(stream => stream.status === 'open');
  if (open) setTimeout(() => base === at && then(), 1_000);
  else setTimeout(() => whenOpen(at, then, tries + 1), 200);
}

function showGateway() {
  setText(find('gateway'), ` Gateway: ${base || location.origin}`);
}

/** Asks every view what it wants to follow. */
function rewish() {
  const strange = new Map(topicsByKind);
  for (const view of views) {
    hub.want(view.kind, view.wants(topicsByKind.get(view.kind) ?? []));
    strange.delete(view.kind);
  }
  hub.want('other', other.wants(strange, hub.delivery));
  transports.offer(topicsByKind);
  redrawViews();
}

/** For what changes a view without a change of its topics: a choice, a longer list. */
function redrawViews() {
  for (const view of views) view.drawn = false;
  redraw();
}

function seen(entry) {
  if (entry.topic.startsWith('ticker/')) markets.seen(entry);
  redraw();
}

let drawnAt = 0;
let pending = false;

function redraw() {
  if (pending) return;
  pending = true;
  setTimeout(() => requestAnimationFrame(draw), Math.max(0, drawEvery - (performance.now() - drawnAt)));
}

function draw() {
  pending = false;
  drawnAt = performance.now();
  const changed = new Set([...hub.dirty].map(topic => topic.slice(0, topic.indexOf('/'))));
  hub.dirty.clear();
  for (const view of views) {
    if (view.drawn && !changed.has(view.kind)) continue;
    view.drawn = true;
    guarded(() => view.draw(hub));
  }
  guarded(() => other.draw(hub));
  guarded(() => transports.draw());
  guarded(() => regions.draw());
  guarded(() => health.draw(hub, problem));
}

/** A state of an unexpected shape may spoil one view for the moment, never the page. */
function guarded(work) {
  try {
    work();
  } catch (fault) {
    reportError(fault);
  }
}

function announce(text) {
  const log = find('announcements');
  log.append(el('p', { text }));
  while (log.childElementCount > 5) log.firstElementChild.remove();
}

setInterval(() => {
  health.beat(hub.changes);
  markets.drawn = false; // its charts are drawn less often than prices come: the last one is due
  redraw();
}, 1_000);

const comeBack = () => {
  hub.retry();
  transports.retry();
};
addEventListener('online', comeBack);
addEventListener('pageshow', comeBack);
document.addEventListener('visibilitychange', () => { if (!document.hidden) comeBack(); });

showGateway();
look();

// For tests and the curious; not a contract.
window.e2e = {
  core, hub, transports, regions,
  get base() { return base || location.origin; },
  get positions() { return Object.fromEntries([...hub.entries].map(([topic, entry]) => [topic, core.formatPosition(entry)])); },
  get states() { return Object.fromEntries([...hub.entries].map(([topic, entry]) => [topic, entry.state])); },
  get streams() { return hub.streams.map(({ transport, status, reason, topics, stats }) => ({ transport, status, reason, topics: topics.length, ...stats })); },
  get panels() { return Object.fromEntries(transports.panels.map(({ transport, stream, entry }) => [transport, { status: stream?.status, position: core.formatPosition(entry), state: entry?.state, stale: entry?.stale, ...stream?.stats }])); },
  get stats() { return { changes: hub.changes, ...hub.stats }; },
};
