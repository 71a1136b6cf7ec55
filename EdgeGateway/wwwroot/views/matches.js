// Matches: score, period, clock and the whole timeline. Live ones first, then the newest.
import { capitalised, el, keyed, moreButton, setAttribute, setText, svg, time, words } from '../dom.js';
import { formatPosition } from '../core.js';

const shownFirst = 6;

const live = new Set(['firstHalf', 'halfTime', 'secondHalf', 'extraTimeBreak', 'extraTimeFirstHalf', 'extraTimeHalfTime', 'extraTimeSecondHalf', 'penaltiesBreak', 'penalties']);
const names = {
  halfTime: 'Half-time', fullTime: 'Full time', extraTimeBreak: 'Break before extra time', extraTimeFirstHalf: 'Extra time, first half',
  extraTimeHalfTime: 'Extra time, half-time', extraTimeSecondHalf: 'Extra time, second half', penaltiesBreak: 'Break before penalties',
};

export class MatchesView {
  kind = 'match';
  #shown = shownFirst;
  #topics = [];
  #said = new Map(); // topic → goals already announced

  constructor(section, { announce, rewish }) {
    this.list = section.querySelector('.matches');
    this.empty = section.querySelector('.empty');
    this.more = section.querySelector('.more');
    this.announce = announce;
    this.more.addEventListener('click', () => { this.#shown += shownFirst; rewish(); });
  }

  /** Newest first: later names. Only what is shown is followed. */
  wants(topics) {
    this.#topics = topics.toReversed();
    moreButton(this.more, topics.length - this.#shown, 'matches');
    const wanted = this.#topics.slice(0, this.#shown);
    for (const topic of this.#said.keys()) if (!wanted.includes(topic)) this.#said.delete(topic);
    return wanted;
  }

  draw(hub) {
    const rank = ({ state }) => live.has(state.period) ? 0 : 1;
    const entries = this.#topics.slice(0, this.#shown).map(topic => hub.entries.get(topic)).filter(entry => entry?.state);
    entries.sort((a, b) => rank(a) - rank(b) || String(b.state.kickOffAt ?? '').localeCompare(String(a.state.kickOffAt ?? '')));
    keyed(this.list, entries, entry => entry.topic, create, (node, entry) => {
      if (node.entry === entry) return;
      node.entry = entry;
      update(node, entry);
      this.#sayGoals(entry);
    });
    this.empty.hidden = entries.length > 0;
  }

  #sayGoals({ topic, state }) {
    const goals = Object.entries(state.timeline ?? {}).filter(([, incident]) => incident.type === 'goal');
    const said = this.#said.get(topic);
    if (said) {
      for (const [id, goal] of goals.filter(([id]) => !said.has(id))) {
        said.add(id);
        this.announce(`Goal, ${minute(goal)}: ${goal.player}. ${state.home?.name} ${state.score?.home}, ${state.away?.name} ${state.score?.away}.`);
      }
    } else {
      this.#said.set(topic, new Set(goals.map(([id]) => id)));
    }
  }
}

function create({ topic, state }) {
  const team = side => el('div', { class: `team ${side}` }, el('span', { class: 'code' }), el('span', { class: 'name', testid: `match-${side}` }));
  return el('article', { class: 'card match', id: topic, testid: 'match', data: { topic } },
    el('header', {},
      el('span', { class: 'competition' }),
      el('span', { class: 'badge stale-badge', hidden: true, text: 'Stale' }),
      el('span', { class: 'period', testid: 'match-period' }),
      el('span', { class: 'clock', testid: 'match-clock' })),
    el('h3', { class: 'score-line' }, team('home'),
      el('span', { class: 'score', testid: 'match-score' }),
      team('away')),
    el('p', { class: 'shoot-out', testid: 'match-shoot-out', hidden: true }),
    el('div', { class: 'track', 'aria-hidden': 'true' }),
    el('details', { class: 'timeline', open: live.has(state.period) },
      el('summary', {}, 'Timeline ', el('span', { class: 'count' })),
      el('ol', { testid: 'match-timeline' })));
}

function update(node, { topic, state, stale, ...position }) {
  setAttribute(node, 'data-position', formatPosition(position));
  setAttribute(node, 'data-stale', stale);
  const isLive = live.has(state.period);
  setAttribute(node, 'data-live', isLive);
  const [header, scoreLine, shootOut, track, details] = node.children;
  const [competition, staleBadge, period, clock] = header.children;
  setText(competition, [state.competition, state.round].filter(Boolean).join(' · ') || topic);
  setAttribute(competition, 'title', [state.venue, time(state.kickOffAt)].filter(Boolean).join(', '));
  staleBadge.hidden = !stale;
  setText(period, state.period === 'scheduled' ? time(state.kickOffAt) || 'Scheduled' : names[state.period] ?? capitalised(words(state.period)));
  setText(clock, ticking(state) ? minute(state.clock) + (state.clock.announced && !state.clock.added ? ` (+${state.clock.announced})` : '') : '');
  clock.hidden = clock.textContent === '';
  setAttribute(clock, 'data-running', state.clock?.running === true);

  const [home, score, away] = scoreLine.children;
  updateTeam(home, state.home, 'Home');
  updateTeam(away, state.away, 'Away');
  const before = score.textContent;
  setText(score, state.period === 'scheduled' || state.period === 'postponed' ? '–' : `${state.score?.home ?? 0} : ${state.score?.away ?? 0}`);
  if (before && before !== score.textContent) flash(score);

  shootOut.hidden = !state.shootOut;
  if (state.shootOut) setText(shootOut, `Penalties ${state.shootOut.home} : ${state.shootOut.away}`);

  const incidents = Object.entries(state.timeline ?? {}).map(([id, incident]) => ({ id, ...incident })).sort(lastFirst);
  updateTrack(track, state, incidents);
  details.hidden = incidents.length === 0;
  setText(details.querySelector('.count'), `(${incidents.length})`);
  keyed(details.querySelector('ol'), incidents, incident => incident.id, createIncident, updateIncident);
}

const ticking = ({ period, clock }) => clock?.minute > 0 && live.has(period) && !/Break$|^halfTime$|HalfTime$|^penalties$/.test(period);

function updateTeam(node, team, fallback) {
  setText(node.children[0], team?.code);
  setText(node.children[1], team?.name ?? fallback);
}

function flash(node) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  node.animate([{ transform: 'scale(1.25)' }, { transform: 'none' }], { duration: 500, easing: 'ease-out' });
}

const minute = ({ minute: regular, added }) => regular === undefined ? '' : `${regular}${added ? `+${added}` : ''}′`;

// Kicks of a shoot-out carry no minute: they come after everything else.
const lastFirst = (a, b) => (b.minute ?? 999) - (a.minute ?? 999) || (b.added ?? 0) - (a.added ?? 0) || b.order - a.order;

function createIncident({ id, type }) {
  return el('li', { testid: 'match-event', data: { id, type } },
    el('span', { class: 'minute' }), el('span', { class: 'icon' }), el('span', { class: 'what' }));
}

function updateIncident(node, incident) {
  if (node.shown === incident.cancelled && node.childElementCount && node.drawn) return; // incidents only change by being cancelled
  node.shown = incident.cancelled;
  node.drawn = true;
  setAttribute(node, 'data-side', incident.side);
  setAttribute(node, 'data-cancelled', incident.cancelled !== undefined);
  const [when, icon, what] = node.children;
  setText(when, minute(incident));
  icon.replaceChildren(drawIcon(incident), el('span', { class: 'hidden', text: label(incident) }));
  what.replaceChildren(...describe(incident));
}

const cards = { yellow: 'Yellow card', secondYellow: 'Second yellow card', red: 'Red card' };

function label({ type, side, kind, colour, outcome, cancelled }) {
  const of = side === 'home' ? 'home' : 'away';
  if (type === 'goal') return `${cancelled ? 'Cancelled goal' : 'Goal'}, ${of}${kind === 'penalty' ? ', penalty' : kind === 'ownGoal' ? ', own goal' : ''}: `;
  if (type === 'card') return `${cards[colour] ?? 'Card'}, ${of}: `;
  if (type === 'substitution') return `Substitution, ${of}: `;
  if (type === 'shootOutKick') return `Penalty ${outcome}, ${of}: `;
  return `${words(type)}, ${of}: `;
}

function describe({ type, player, kind, assist, on, off, outcome, cancelled }) {
  if (type === 'substitution') return [el('strong', { text: on }), el('small', { text: `for ${off}` })];
  const notes = [
    type === 'goal' && kind === 'penalty' && 'penalty',
    type === 'goal' && kind === 'ownGoal' && 'own goal',
    type === 'shootOutKick' && outcome,
    assist && `assist ${assist}`,
  ].filter(Boolean).join(', ');
  return [
    cancelled === undefined ? el('strong', { text: player ?? words(type) }) : el('s', { text: player ?? words(type) }),
    notes ? el('small', { text: notes }) : null,
    cancelled === undefined ? null : el('small', { class: 'cancelled', text: cancelled }),
  ].filter(Boolean);
}

function drawIcon({ type, colour, outcome, cancelled }) {
  const picture = svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true', class: `i-${type} ${colour ?? outcome ?? ''} ${cancelled ? 'off' : ''}` });
  if (type === 'goal') {
    picture.append(svg('circle', { cx: 8, cy: 8, r: 6.5 }), svg('path', { d: 'm8 5 3 2.2-1.2 3.5H6.2L5 7.2Z' }), svg('path', { class: 'line', d: 'M8 5V1.7m3 5.5 3.2-1M9.8 10.7l2 2.6m-5.6-2.6-2 2.6M5 7.2l-3.2-1' }));
  } else if (type === 'card') {
    if (colour === 'secondYellow') picture.append(svg('rect', { class: 'under', x: 2.5, y: 2, width: 8, height: 11, rx: 1 }));
    picture.append(svg('rect', { x: colour === 'secondYellow' ? 5.5 : 4, y: 3, width: 8, height: 11, rx: 1 }));
  } else if (type === 'substitution') {
    picture.append(svg('path', { class: 'on', d: 'M5 13V4M2 7l3-3.5L8 7' }), svg('path', { class: 'off', d: 'M11 3v9m-3-3 3 3.5L14 9' }));
  } else {
    picture.append(svg('circle', { cx: 8, cy: 8, r: 5.5 }));
    if (outcome && outcome !== 'scored') picture.append(svg('path', { class: 'line', d: 'm4 4 8 8' }));
  }
  return picture;
}

/** The match at a glance: a line of 90 (or 120) minutes, home above and away below. */
function updateTrack(track, { period, clock }, incidents) {
  const length = /^(extraTime|penalties)/.test(period) || clock?.minute > 90 ? 120 : 90;
  const share = played => `${Math.min(100, played / length * 100)}%`;
  if (!track.firstElementChild) track.append(el('i', { class: 'played' }), el('div', { class: 'marks' }));
  track.hidden = period === 'scheduled' || period === 'postponed';
  track.firstElementChild.style.width = share(period === 'fullTime' ? length : clock?.minute ?? 0);
  const marks = incidents.filter(({ type, colour }) => type === 'goal' || type === 'card' && colour !== 'yellow');
  keyed(track.lastElementChild, marks, mark => mark.id, mark => el('i', { class: `mark ${mark.type} ${mark.colour ?? ''}` }), (node, mark) => {
    node.style.left = share(mark.minute ?? length);
    setAttribute(node, 'data-side', mark.side);
    setAttribute(node, 'data-cancelled', mark.cancelled !== undefined);
  });
}
