// One function per transport: connect(request, on) -> abort(). Each reports to `on` and knows nothing of positions kept, retries or views.
//   request: { base, topics, positionOf(topic), delta, mode, pollMilliseconds }        base: '' or 'https://host'
//   on.open()  on.envelope(object, characters)  on.freshness(stale, topics)  on.idle(status)  on.freshAt(micros)
//   on.end({ code, reason, planned, final, retryAfter })  exactly once, unless aborted; what comes after abort() is never reported
import { streamPath, finalCloses, formatPosition } from './core.js';

const planned = code => code === 4000 || code === 1001;
const waitIn = reason => Number(/ after (\d+) ms$/.exec(reason)?.[1] ?? 0); // of a gateway that stops and spreads its clients' return
const badFrame = { code: 1002, reason: 'not the protocol: a frame that is no JSON object' };

/** A guard around the callbacks: silent after the end and after abort. */
function once(on, stop) {
  let over = false;
  return {
    report: (name, ...details) => { if (!over) on[name]?.(...details); },
    end(details) {
      if (over) return;
      over = true;
      stop();
      on.end(details);
    },
    abort() {
      over = true;
      stop();
    },
  };
}

function deliver(line, text) {
  let frame;
  try { frame = JSON.parse(text); } catch { /* told below */ }
  if (frame?.event === 'stale' || frame?.event === 'fresh') line.report('freshness', frame.event === 'stale', frame.topics ?? []);
  else if (typeof frame?.topic === 'string') line.report('envelope', frame, text.length);
  else if (typeof frame !== 'object' || frame === null) line.end(badFrame); // objects of another shape: more may come
}

/** Raw WebSocket: each text frame is an envelope. */
export function ws(request, on) {
  const url = new URL(request.base || location.origin);
  const path = streamPath(request.topics, 'ws', request.positionOf, request.delta);
  const socket = new WebSocket(`${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}${path}`);
  const line = once(on, () => socket.close(1000));
  socket.onopen = () => line.report('open');
  socket.onmessage = message => deliver(line, message.data);
  socket.onclose = ({ code, reason }) => line.end({ code, reason, planned: planned(code), final: finalCloses.has(code), retryAfter: waitIn(reason) });
  return line.abort;
}

/** Server-sent events. The browser's own reconnect is not used: resuming with `after=` needs no id and gives us the wait. */
export function sse(request, on) {
  const source = new EventSource(request.base + streamPath(request.topics, 'events', request.positionOf, request.delta));
  const line = once(on, () => source.close());
  source.onopen = () => line.report('open');
  source.onmessage = message => deliver(line, message.data);
  for (const name of ['stale', 'fresh']) {
    source.addEventListener(name, message => {
      try { line.report('freshness', name === 'stale', JSON.parse(message.data).topics); } catch { line.end(badFrame); }
    });
  }
  source.addEventListener('close', message => {
    let close = {};
    try { close = JSON.parse(message.data); } catch { /* an end without a reason is an end */ }
    line.end({ code: close.code, reason: close.reason, planned: planned(close.code), final: finalCloses.has(close.code), retryAfter: close.waitMs ?? 0 });
  });
  source.onerror = () => line.end({ code: 0, reason: source.readyState === EventSource.CLOSED ? 'refused' : 'connection lost' });
  return line.abort;
}

const waitSeconds = 10;
const laneCount = 3; // browsers open six HTTP/1.1 connections to a host; pages need some for themselves

/**
 * Plain HTTP. One topic: long-poll (`mode: 'wait'`) or conditional GETs every `pollMilliseconds` (`mode: 'poll'`). Several topics: asked in turn for what
 * came after their position, a few at a time.
 */
export function http(request, on) {
  const { topics, mode = 'wait', pollMilliseconds = 2_000 } = request;
  const stop = new AbortController();
  const line = once(on, () => stop.abort());
  const lanes = Array.from({ length: Math.min(laneCount, topics.length) }, (_, lane) => topics.filter((_, i) => i % laneCount === lane));
  const asker = new Asker(request, topics.length === 1 ? mode : 'poll-changes', line, stop.signal);
  for (const lane of lanes) run(lane).catch(problem => line.end(problem.end ?? { code: 0, reason: problem.message }));
  return line.abort;

  async function run(lane) {
    while (!stop.signal.aborted) {
      const started = performance.now();
      let waited = false;
      for (const topic of lane) waited = await asker.ask(topic);
      const pause = waited ? 200 : pollMilliseconds; // a server that does not wait must not be asked in a tight loop
      await sleep(pause - (performance.now() - started), stop.signal);
    }
  }
}

class Asker {
  #tags = new Map();
  #cursors = new Map();

  constructor(request, mode, line, signal) {
    Object.assign(this, { request, mode, line, signal });
  }

  /** Asks once (again while there is more); true if the server held the request open. */
  async ask(topic) {
    const cursor = this.#cursors.get(topic) ?? this.request.positionOf(topic);
    return cursor && this.mode !== 'poll' ? this.#changes(topic, cursor) : this.#newest(topic);
  }

  async #newest(topic) {
    const tag = this.#tags.get(topic);
    const answer = await this.#get(`/topics/${topic}`, tag ? { 'If-None-Match': tag } : {}, 5);
    if (answer.status === 200) {
      const text = await answer.text();
      const envelope = JSON.parse(text);
      this.#tags.set(topic, answer.headers.get('ETag'));
      this.#cursors.set(topic, formatPosition(envelope));
      this.line.report('envelope', envelope, text.length);
    }
    return false;
  }

  async #changes(topic, cursor) {
    const wait = this.mode === 'wait';
    const answer = await this.#get(`/topics/${topic}?after=${cursor}${wait ? `&wait=${waitSeconds}s` : ''}`, {}, waitSeconds + 5);
    if (answer.status !== 200) {
      this.#cursors.delete(topic);
      return false;
    }
    const text = await answer.text();
    const body = JSON.parse(text);
    for (const change of body.changes ?? []) this.line.report('envelope', change, text.length / body.changes.length);
    this.#cursors.set(topic, formatPosition(body));
    return body.more ? this.#changes(topic, formatPosition(body)) : wait;
  }

  async #get(path, headers, deadlineSeconds) {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(deadlineSeconds * 1_000)]);
    const answer = await fetch(this.request.base + path, { headers, signal, cache: 'no-store' });
    if (![200, 304, 404].includes(answer.status)) throw Object.assign(new Error(), { end: await refusal(answer) });
    this.line.report('open');
    this.line.report('idle', answer.status);
    const freshAt = Number(answer.headers.get('E2E-Fresh-At'));
    if (freshAt > 0) this.line.report('freshAt', freshAt);
    return answer;
  }
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const again = answer.status >= 500 || answer.status === 429;
  return {
    code: answer.status,
    reason: problem.title ?? `HTTP ${answer.status}`,
    final: !again,
    retryAfter: Number(answer.headers.get('Retry-After')) * 1_000 || 0,
  };
}

/** Waits; ends early, without complaint, when the signal aborts. */
function sleep(milliseconds, signal) {
  return new Promise(resolve => {
    if (milliseconds <= 0 || signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
