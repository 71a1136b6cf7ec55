// The header: is the page live, over what, how fast, and what to think of what it shows.
import { setAttribute, setText, time } from '../dom.js';

const names = { ws: 'WebSocket', sse: 'SSE', http: 'HTTP polling' };
const patience = 1_500; // ms without a connection before the page says so: a planned reconnect is no news

export class HealthView {
  #counts = []; // changes at the last seconds
  #lostAt = 0;

  constructor(find) {
    Object.assign(this, { status: find('status'), banner: find('banner'), rate: find('rate') });
  }

  /** Once a second. */
  beat(changes) {
    this.#counts.push(changes);
    if (this.#counts.length > 6) this.#counts.shift();
    const seconds = this.#counts.length - 1;
    const rate = seconds > 0 ? (changes - this.#counts[0]) / seconds : 0;
    setText(this.rate, rate >= 10 ? Math.round(rate) : rate.toFixed(1));
  }

  draw(hub, problem) {
    const streams = hub.streams;
    const open = streams.filter(stream => stream.status === 'open').length;
    const well = streams.length > 0 && open === streams.length;
    const at = performance.now();
    if (well || streams.length === 0) this.#lostAt = 0;
    else this.#lostAt ||= at;
    const lost = this.#lostAt > 0 && at - this.#lostAt > patience;

    const state = well ? 'open' : lost || problem ? 'waiting' : hub.changes > 0 ? 'open' : 'connecting';
    const over = [...new Set(streams.map(stream => names[stream.transport]))].join(' + ');
    setAttribute(this.status, 'data-state', state);
    setAttribute(this.status, 'data-transport', [...new Set(streams.map(stream => stream.transport))].join(' '));
    setText(this.status.firstElementChild, state === 'open' ? 'Live' : state === 'waiting' ? 'Reconnecting' : 'Connecting');
    setText(this.status.lastElementChild, state === 'open' && over ? ` over ${over}` : '');

    const stale = [...hub.entries.values()].filter(entry => entry.stale).length;
    const newest = Math.max(0, ...streams.map(stream => stream.heardAt ?? 0));
    let text = '';
    if (lost && open === 0) text = `No connection${newest ? ` since ${time(performance.timeOrigin + newest, true)}` : ''}. You see the last state received; the page resumes where it stopped.`;
    else if (stale) text = `${stale === 1 ? 'One topic is' : `${stale} topics are`} stale: this region lost touch with their home. What you see may be old.`;
    else if (problem) text = problem;
    this.banner.hidden = text === '';
    setText(this.banner, text);
    setAttribute(this.banner, 'data-kind', lost && open === 0 ? 'lost' : 'stale');
  }
}
