// A client of the gateway in one call; needs core.js and transports.js beside it and nothing else.
//
//   import { open } from './stream.js';
//   const stream = open(['match/2026-ENG-ARS', 'ticker/ACME'], {
//     onChange: ({ topic, state, offset }) => console.log(topic, offset, state),
//     onStatus: ({ status, transport }) => console.log(status, transport),
//   });
//   localStorage.after = JSON.stringify(stream.positions);      // … and another day: open(topics, { after: JSON.parse(localStorage.after) })
//   stream.close();
//
// Offsets already seen are dropped, a lost connection resumes after the last position of each topic, patches are applied, gaps are told.
import { accept, backoff, formatPosition, parsePosition } from './core.js';
import { ws, sse, http } from './transports.js';

const connect = { ws, sse, http };
const ladder = ['ws', 'sse', 'http'];

const settledAfter = 5_000;          // ms a connection must live to count as a success
const quietAfter = 30_000;           // ms without a change before we ask whether the connection is dead or the topics are quiet
const climbAfter = [60_000, 900_000]; // ms on a lower rung before trying the top again: first, most (doubling)

/** Unix µs by this machine's clock. */
export const now = () => Math.round((performance.timeOrigin + performance.now()) * 1_000);

/**
 * Opens a stream over 1 to 50 topics.
 * @param {string[]} topics `kind/key`, …
 * @param {object} [options]
 * @param {'auto'|'ws'|'sse'|'http'} [options.transport] default `auto`: WebSocket, where that fails SSE, where that fails HTTP
 * @param {Record<string, string>} [options.after] positions to resume after, by topic
 * @param {boolean} [options.delta] ask for merge patches; states are complete all the same
 * @param {Map<string, object>} [options.entries] where topics' entries are kept, to share them between streams
 * @param {(topic: string) => boolean} [options.every] true for topics that promise every change: a hole is then counted
 * @param {string} [options.base] another gateway's origin, for example `http://localhost:8081`
 * @param {'wait'|'poll'} [options.mode] HTTP over one topic: long-poll, or conditional GETs every `pollMilliseconds` (2,000)
 * @param {(entry: object, about: {fit: string, gap?: string, hole?: boolean, received: number}) => void} [options.onChange]
 * @param {(stream: Stream, end?: object) => void} [options.onStatus]
 * @param {(topics: string[], stale: boolean) => void} [options.onFreshness]
 */
export const open = (topics, options = {}) => new Stream(topics, options);

class Stream {
  /** connecting, open, waiting (will try again at `retryAt`), cut, failed (only `retry()` helps) or closed. */
  status = 'connecting';
  /** Why it is waiting or failed. */
  reason = '';
  retryAt = 0;
  stats = { changes: 0, duplicates: 0, gaps: 0, holes: 0, patches: 0, connects: 0, reconnects: 0, characters: 0, notModified: 0 };

  #options;
  #rung = 0;
  #session = 0;
  #abort = () => {};
  #timers = { retry: 0, quiet: 0, climb: 0 };
  #attempt = 0;
  #failures = 0;
  #climbs = 0;
  #openedAt = 0;
  #heardAt = 0;
  #asked = 0;

  constructor(topics, options) {
    this.topics = [...topics];
    this.#options = { base: '', transport: 'auto', every: () => false, ...options };
    this.entries = options.entries ?? new Map();
    for (const [topic, text] of Object.entries(options.after ?? {})) {
      const position = parsePosition(text);
      if (position && !this.entries.has(topic)) this.entries.set(topic, { topic, ...position, stale: false, changes: 0 });
    }
    this.#connect();
  }

  get transport() {
    return this.#options.transport === 'auto' ? ladder[this.#rung] : this.#options.transport;
  }

  /** When something was last heard, by `performance.now()`; 0 = never. */
  get heardAt() { return this.#heardAt; }

  /** What to hand to `after` another time. */
  get positions() {
    return Object.fromEntries(this.topics.filter(topic => this.#position(topic)).map(topic => [topic, this.#position(topic)]));
  }

  /** Drops the connection as a broken network would, and resumes after `milliseconds`. */
  cut(milliseconds = 0) {
    if (this.status === 'closed') return;
    this.#drop();
    this.#schedule('cut', 'cut by hand', milliseconds);
  }

  /** Connects at once instead of waiting. */
  retry() {
    if (this.status === 'closed' || this.status === 'open') return;
    this.#drop();
    this.#connect();
  }

  close() {
    this.#drop();
    this.#become('closed');
  }

  #position(topic) {
    return formatPosition(this.entries.get(topic));
  }

  #become(status, end) {
    this.status = status;
    this.reason = end?.reason ?? '';
    this.#options.onStatus?.(this, end);
  }

  #drop() {
    this.#session++;
    this.#abort();
    this.#abort = () => {};
    for (const name of Object.keys(this.#timers)) clearTimeout(this.#timers[name]);
  }

  #connect() {
    const session = ++this.#session;
    const mine = callback => (...details) => { if (session === this.#session) callback(...details); };
    const sent = new Map(this.topics.map(topic => [topic, this.entries.get(topic)?.state])); // what patches of this connection are against
    this.#openedAt = 0;
    this.stats.connects++;
    if (this.stats.connects > 1) this.stats.reconnects++;
    this.#become('connecting');
    if (session !== this.#session) return; // the callback closed or cut us
    const { base, delta, mode, pollMilliseconds } = this.#options;
    const request = { topics: this.topics, positionOf: topic => this.#position(topic), base, delta, mode, pollMilliseconds };
    this.#abort = connect[this.transport](request, {
      open: mine(() => this.#opened()),
      envelope: mine((envelope, characters) => this.#take(envelope, characters, sent)),
      freshness: mine((stale, topics) => this.#freshness(stale, topics)),
      idle: mine(status => { this.stats.notModified += status === 304 ? 1 : 0; }),
      freshAt: mine(micros => { this.freshAt = micros; }),
      end: mine(end => this.#ended(end)),
    });
  }

  #opened() {
    if (this.#openedAt) return;
    this.#openedAt = this.#heardAt = performance.now();
    this.#become('open');
    if (this.transport !== 'http') this.#watchQuiet();
    this.#planClimb();
  }

  #take(envelope, characters, sent) {
    this.#heardAt = performance.now();
    this.stats.characters += Math.round(characters);
    const { topic } = envelope;
    if (!sent.has(topic)) return; // not asked for
    const newestOnly = this.transport === 'http' && this.#options.mode === 'poll';
    const result = accept(this.entries.get(topic), envelope, sent.get(topic), !newestOnly && this.#options.every(topic));
    if (result.sent === undefined) return this.#restart(topic);
    sent.set(topic, result.sent);
    if (envelope.patch !== undefined) this.stats.patches++;
    if (result.fit === 'duplicate') this.stats.duplicates++;
    if (result.gap) this.stats.gaps++;
    if (result.hole) this.stats.holes++;
    if (!result.entry) return;
    const received = now();
    this.entries.set(topic, { ...result.entry, received });
    if (result.fit !== 'duplicate') this.stats.changes++;
    this.#options.onChange?.(this.entries.get(topic), { fit: result.fit, gap: result.gap, hole: result.hole, received });
  }

  /** A patch against a state we do not have: asking without a position brings the full state. */
  #restart(topic) {
    this.entries.delete(topic);
    this.#drop();
    this.#schedule('waiting', 'patch without its base; asking for the full state', 0);
  }

  #freshness(stale, topics) {
    this.#heardAt = performance.now();
    const turned = topics.filter(topic => this.entries.has(topic) && this.entries.get(topic).stale !== stale);
    for (const topic of turned) this.entries.set(topic, { ...this.entries.get(topic), stale });
    this.#options.onFreshness?.(turned, stale);
  }

  async #ended(end) {
    const lived = this.#openedAt ? performance.now() - this.#openedAt : 0;
    this.#drop();
    const session = this.#session;
    if (lived >= settledAfter || end.planned) this.#attempt = this.#failures = 0;
    else this.#failures++;

    const auto = this.#options.transport === 'auto';
    const reason = end.reason || (end.code ? `closed with ${end.code}` : 'connection lost');
    this.#become(end.final && !auto ? 'failed' : 'waiting', { ...end, reason });
    if (this.status !== 'waiting' || session !== this.#session) return;
    const blame = auto && (end.final || this.#failures >= 2) && await this.#reachable();
    if (session !== this.#session) return; // closed, cut or retried meanwhile
    if (blame) {
      this.#rung = (this.#rung + 1) % ladder.length;
      this.#failures = 0;
    }
    this.#schedule('waiting', reason, Math.max(end.retryAfter ?? 0, backoff(this.#attempt++)));
  }

  #schedule(status, reason, milliseconds) {
    this.retryAt = performance.now() + milliseconds;
    this.#timers.retry = setTimeout(() => this.#connect(), milliseconds);
    this.#become(status, { reason });
  }

  /** True if plain HTTP works, so that a failing stream is the transport's fault and not the server's or the network's. */
  async #reachable() {
    return this.#ask('/kinds').then(answer => answer.ok, () => false);
  }

  #ask(path) {
    return fetch(this.#options.base + path, { signal: AbortSignal.timeout(5_000), cache: 'no-store' });
  }

  /** Browsers hide pings and comments. So after a silence ask for some topics: no answer, or a newer position that never came, means a dead connection. */
  #watchQuiet(checkedAt = 0) {
    const session = this.#session;
    const quiet = () => performance.now() - Math.max(this.#heardAt, checkedAt);
    this.#timers.quiet = setTimeout(async () => {
      if (quiet() < quietAfter) return this.#watchQuiet(checkedAt);
      const healthy = await this.#healthy();
      if (session !== this.#session) return;
      if (healthy) this.#watchQuiet(performance.now());
      else this.#ended({ code: 0, reason: 'nothing heard although there was something to hear' });
    }, quietAfter - quiet());
  }

  async #healthy() {
    const busiest = this.topics.reduce((a, b) => ((this.entries.get(a)?.changes ?? 0) < (this.entries.get(b)?.changes ?? 0) ? b : a));
    const other = this.topics[this.#asked++ % this.topics.length];
    const verdicts = await Promise.all([...new Set([busiest, other])].map(topic => this.#upToDate(topic)));
    return verdicts.every(Boolean);
  }

  async #upToDate(topic) {
    try {
      const answer = await this.#ask(`/topics/${topic}`);
      if (answer.status !== 200) return answer.status < 500;
      const newest = await answer.json();
      await new Promise(resolve => setTimeout(resolve, 3_000)); // what the answer knows may still be on its way here
      const have = this.entries.get(topic);
      return have?.epoch === newest.epoch && have.offset >= newest.offset;
    } catch {
      return false;
    }
  }

  /** On a lower rung, try the top again later: the obstacle may be gone, and the phone in another network. */
  #planClimb() {
    if (this.#options.transport !== 'auto' || this.#rung === 0) return;
    const [first, most] = climbAfter;
    this.#timers.climb = setTimeout(() => {
      this.#climbs++;
      this.#drop();
      this.#rung = 0;
      this.#connect();
    }, Math.min(most, first * 2 ** this.#climbs));
  }
}
