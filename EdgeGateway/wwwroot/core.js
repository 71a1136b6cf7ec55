// The rules of the client contract as pure functions: no DOM, no network, no clock. Everything here can be called from a test.

/** Reads `epoch:offset` (16 lower-case hex digits, decimal). Null if it is anything else. */
export function parsePosition(text) {
  const match = /^([0-9a-f]{16}):(0|[1-9]\d{0,15})$/.exec(text);
  return match ? { epoch: match[1], offset: Number(match[2]) } : null;
}

/** Writes a position; of an entry without one, an empty string. */
export function formatPosition(position) {
  return position?.epoch ? `${position.epoch}:${position.offset}` : '';
}

/**
 * How `next` relates to what a client has: `first` (it had nothing), `epoch` (another run of offsets), `duplicate` (seen: drop it),
 * `next` (the following offset) or `skip` (offsets between them were not received).
 */
export function classify(have, next) {
  if (!have?.epoch) return 'first';
  if (next.epoch !== have.epoch) return 'epoch';
  if (next.offset <= have.offset) return 'duplicate';
  return next.offset === have.offset + 1 ? 'next' : 'skip';
}

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies an RFC 7396 merge patch. Returns a new value and shares unchanged parts with the old one, which stays as it was. */
export function applyPatch(target, patch) {
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (name === '__proto__') continue; // assigning it would change what the object is, not a member
    if (value === null) delete result[name];
    else result[name] = applyPatch(result[name], value);
  }
  return result;
}

/**
 * What one envelope does to a topic.
 * @param have  the topic's entry so far, or undefined
 * @param base  the state this connection sent before, which a patch is against
 * @param every true if the kind promises every change, so that a skipped offset without `gap` is a hole
 * @returns `{ fit, sent, entry, gap, hole }`: `sent` is the full state of the envelope (the next patch's base; undefined if the patch had no base),
 *          `entry` the topic's new entry, or undefined if there is nothing new to show
 */
export function accept(have, envelope, base, every = false) {
  const fit = classify(have, envelope);
  const patched = envelope.patch !== undefined;
  const sent = !patched ? envelope.state : base === undefined ? undefined : applyPatch(base, envelope.patch);
  const stale = envelope.stale === true;
  if (sent === undefined) return { fit, sent };
  // A position given by the caller comes without a state; then even a repeated offset is worth showing.
  if (fit === 'duplicate' && (have.state !== undefined || envelope.offset < have.offset)) {
    const turned = envelope.offset === have.offset && stale !== have.stale;
    return { fit, sent, entry: turned ? { ...have, stale } : undefined };
  }
  const { topic, epoch, offset, time, gap, transaction } = envelope;
  return {
    fit, sent, gap,
    hole: every && fit === 'skip' && !gap,
    entry: { topic, epoch, offset, time, transaction, stale, state: sent, previous: have?.state, changes: (have?.changes ?? 0) + 1 },
  };
}

/** Milliseconds before attempt 0, 1, 2 …: full jitter under a doubling ceiling, so that many clients never come back at once. */
export function backoff(attempt, { first = 1_000, most = 30_000, random = Math.random } = {}) {
  return Math.round(random() * Math.min(most, first * 2 ** Math.min(attempt, 16)));
}

/** Most topics of one stream, and most characters of its address (servers commonly take 8 KiB of request line). */
export const streamLimits = { topics: 50, characters: 7_000 };

/** Path and query of a stream (`ws` or `events`) over `topics`, resuming after the positions known. */
export function streamPath(topics, endpoint, positionOf, delta = false) {
  const query = [];
  const known = topics.filter(topic => positionOf(topic));
  if (topics.length === 1) {
    if (known.length) query.push(`after=${positionOf(topics[0])}`);
  } else {
    query.push(...topics.map(topic => `topic=${topic}`));
    if (known.length) query.push(`after=${known.map(topic => `${topic}@${positionOf(topic)}`).join(',')}`);
  }
  if (delta) query.push('delta=merge');
  const path = topics.length === 1 ? `/topics/${topics[0]}/${endpoint}` : `/${endpoint}`;
  return query.length ? `${path}?${query.join('&')}` : path;
}

const cost = topic => 2 * topic.length + 'topic=&@,'.length + 16 + 1 + 16;

/**
 * Spreads the wanted topics over streams. A stream's topics are fixed when it opens, so what is there stays where it is; new topics fill
 * existing groups, and two groups that fit into one become one.
 */
export function pack(wanted, groups, limits = streamLimits) {
  const left = new Set(wanted);
  const packed = groups.map(group => group.filter(topic => left.delete(topic))).filter(group => group.length > 0);
  const fits = (group, more) => group.length + more.length <= limits.topics
    && [...group, ...more].reduce((sum, topic) => sum + cost(topic), 0) <= limits.characters;
  for (const topic of left) {
    const group = packed.find(candidate => fits(candidate, [topic]));
    if (group) group.push(topic);
    else packed.push([topic]);
  }
  for (let i = packed.length - 1; i > 0; i--) {
    const host = packed.findIndex((group, j) => j < i && fits(group, packed[i]));
    if (host >= 0) packed[host].push(...packed.splice(i, 1)[0]);
  }
  return packed;
}

/** The way of a change, hop by hop: `[{ from, to, ms }]`. Stamps and `browser` are Unix µs; the last hop compares two machines' clocks. */
export function hops(time, browser) {
  const stamps = [['origin', time?.origin], ['home', time?.home], ['edge', time?.edge], ['gateway', time?.gateway], ['browser', browser]]
    .filter(([, micros]) => micros > 0);
  return stamps.slice(1).map(([to, micros], i) => ({ from: stamps[i][0], to, ms: (micros - stamps[i][1]) / 1000 }));
}

/** The middle of some numbers, NaN of none. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length === 0 ? NaN : sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Closes after which the same request would fail again (docs/client-contract.md and the gateway's list of close reasons). */
export const finalCloses = new Set([1002, 1009, 4003]);
