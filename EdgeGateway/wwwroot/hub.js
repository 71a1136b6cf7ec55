// What the page as a whole follows: views say which topics they want, the hub spreads them over as few streams as the limits allow.
import { pack } from './core.js';
import { open } from './stream.js';

const repackAfter = 200; // ms: views change their wishes in bursts

export class Hub {
  /** The entry of every followed topic; one stream of the hub resumes where another stopped. */
  entries = new Map();
  /** Topics changed since the page last drew. */
  dirty = new Set();
  delivery = new Map(); // kind → 'every' | 'latest'
  changes = 0;

  #wishes = new Map(); // view → its topics
  #streams = [];
  #timer = 0;
  #past = { reconnects: 0, duplicates: 0, gaps: 0, holes: 0 };
  #options;

  /** @param {{base: string, transport: string, onChange: (entry: object) => void, onStatus: () => void}} options */
  constructor(options) {
    this.#options = options;
  }

  get streams() { return this.#streams; }

  /** Sums over the streams there are and were. */
  get stats() {
    const sum = { ...this.#past };
    for (const { stats } of this.#streams) for (const name of Object.keys(sum)) sum[name] += stats[name];
    return sum;
  }

  every(topic) { return this.delivery.get(topic.slice(0, topic.indexOf('/'))) === 'every'; }

  /** Replaces what `view` follows. */
  want(view, topics) {
    this.#wishes.set(view, topics);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#repack(), repackAfter);
  }

  /** Connects at once what waits: the network is back, or the page is looked at again. */
  retry() {
    for (const stream of this.#streams) if (stream.status === 'waiting' || stream.status === 'failed') stream.retry();
  }

  /** Follows the same topics at another gateway, from the positions they have. */
  move(base) {
    this.#options.base = base;
    for (const stream of this.#streams) this.#end(stream);
    this.#streams = this.#streams.map(stream => this.#open(stream.topics));
    this.#options.onStatus();
  }

  cut(milliseconds) {
    for (const stream of this.#streams) stream.cut(milliseconds);
  }

  #repack() {
    const wanted = new Set([...this.#wishes.values()].flat());
    for (const topic of this.entries.keys()) if (!wanted.has(topic)) this.entries.delete(topic);
    const groups = pack(wanted, this.#streams.map(stream => stream.topics));
    const same = (stream, group) => stream.topics.length === group.length && stream.topics.every((topic, i) => topic === group[i]);
    const kept = groups.map(group => this.#streams.find(stream => same(stream, group)));
    for (const stream of this.#streams.filter(stream => !kept.includes(stream))) {
      if (stream.status === 'cut' || stream.status === 'waiting') this.#past.reconnects++; // its topics come back on another stream
      this.#end(stream);
    }
    // A stream's topics are fixed: one that changes is closed and opened anew, and resumes by position.
    this.#streams = groups.map((group, i) => kept[i] ?? this.#open(group));
    this.#options.onStatus();
  }

  #end(stream) {
    stream.close();
    for (const name of Object.keys(this.#past)) this.#past[name] += stream.stats[name];
  }

  #open(topics) {
    return open(topics, {
      base: this.#options.base,
      transport: this.#options.transport,
      delta: true,
      entries: this.entries,
      every: topic => this.every(topic),
      onChange: entry => {
        this.changes++;
        this.dirty.add(entry.topic);
        this.#options.onChange(entry);
      },
      onFreshness: turned => { turned.forEach(topic => this.dirty.add(topic)); this.#options.onStatus(); },
      onStatus: () => this.#options.onStatus(),
    });
  }
}
