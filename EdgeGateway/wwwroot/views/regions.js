// Which regions there are, how old what each shows may be, and the switch between them. GET /regions of every region, while the page is looked at.
import { el, keyed, number, setAttribute, setText } from '../dom.js';

const askEvery = 2_000; // ms
const patience = 3_000; // ms for an answer

export class RegionsView {
  #bodies = new Map(); // region → its answer; null = it did not answer
  #regions = [];       // as the viewed region lists them
  #current = '';
  #moved;              // { from, to, told }: the last switch
  #timer = 0;

  /**
   * @param {Element} section
   * @param {{ base: string, redraw: () => void, find: (testid: string) => Element, moveTo: (region: object) => void }} context
   */
  constructor(section, context) {
    Object.assign(this, { section, context });
    const { find } = context;
    Object.assign(this, { choice: find('region-choice'), label: find('region'), rows: section.querySelector('tbody'), note: find('region-move') });
    this.choice.addEventListener('change', () => this.moveTo(this.choice.value));
    document.addEventListener('visibilitychange', () => this.#ask());
    this.#ask();
  }

  /** Views another region from now on. */
  moveTo(name) {
    const region = this.#regions.find(region => region.name === name);
    if (!region?.publicUrl || name === this.#current) return;
    this.#moved = { from: this.#current, to: name };
    this.#current = name;
    this.context.moveTo(region);
    this.context.redraw();
  }

  /** What the page as a whole found after the switch. */
  told(text, isWhole) {
    if (this.#moved) this.#moved.told = { text, isWhole };
    this.context.redraw();
  }

  async #ask() {
    clearTimeout(this.#timer);
    if (document.hidden) return; // asked again when the page is looked at
    const base = this.context.base;
    const here = await read(base);
    if (base === this.context.base && here) {
      this.#current = here.region;
      this.#regions = here.regions;
      const others = this.#regions.filter(region => region.name !== here.region && region.publicUrl);
      const answers = await Promise.all(others.map(async region => [region.name, await read(region.publicUrl)]));
      if (base === this.context.base) this.#bodies = new Map([[here.region, here], ...answers]);
    } else if (base === this.context.base && this.#current) {
      this.#bodies.set(this.#current, null);
    }
    this.context.redraw();
    clearTimeout(this.#timer); // becoming visible may have asked meanwhile
    this.#timer = setTimeout(() => this.#ask(), askEvery);
  }

  draw() {
    const several = this.#regions.length > 1;
    this.section.hidden = !several;
    this.choice.hidden = !several;
    this.label.hidden = several || !this.#current;
    setText(this.label, this.#current);
    if (!several) return;
    keyed(this.choice, this.#regions, ({ name }) => name, ({ name }) => el('option', { value: name }), (option, { name, publicUrl }) => {
      setText(option, name);
      option.disabled = !publicUrl;
    });
    if (document.activeElement !== this.choice || this.choice.value !== this.#current) this.choice.value = this.#current;
    keyed(this.rows, this.#regions, ({ name }) => name, region => this.#row(region), (row, region) => this.#update(row, region));
    const { from, to, told } = this.#moved ?? {};
    setText(this.note, this.#moved ? `From ${from} to ${to}: ${told?.text ?? 'resuming where each topic stood'}` : 'Positions hold everywhere: change regions and every topic goes on where it stood.');
    setAttribute(this.note, 'data-whole', told?.isWhole);
  }

  #row({ name }) {
    return el('tr', { testid: 'region-row', data: { region: name } },
      el('th', { scope: 'row', text: name }), el('td', {}), el('td', {}), el('td', { class: 'number' }), el('td', { class: 'number' }),
      el('td', {}, el('button', { type: 'button', text: 'View from here', on: { click: () => this.moveTo(name) } })));
  }

  #update(row, { name, publicUrl, homeOf, upstream }) {
    const body = this.#bodies.get(name);
    const links = body?.links ?? [];
    const [, role, state, lag, roundTrip, action] = row.children;
    const isHome = homeOf.length > 0;
    const lags = links.flatMap(link => Object.values(link.lagMs));
    const worst = lags.length ? Math.max(...lags) : undefined;
    const isDown = links.some(link => !link.isUp);
    const word = body === null ? 'no answer' : body === undefined ? '–' : isDown ? 'link down' : links.length ? 'link up' : 'no link needed';
    setAttribute(row, 'data-current', name === this.#current);
    setAttribute(row, 'data-link', body === null ? 'unknown' : isDown ? 'down' : 'up');
    setAttribute(row, 'data-lag', worst === undefined ? false : Math.round(worst));
    setText(role, isHome ? `home of ${homeOf.join(', ')}` : `follows ${upstream ?? 'home'}`);
    setText(state, worst > (body?.staleAfterMs ?? Infinity) ? `${word}, stale` : word);
    setText(lag, worst === undefined ? '–' : `${number(worst)} ms`);
    setText(roundTrip, links.some(link => link.roundTripMs) ? `${number(Math.max(...links.map(link => link.roundTripMs ?? 0)))} ms` : '–');
    action.firstElementChild.disabled = name === this.#current || !publicUrl;
  }
}

/** A region's answer, or null if there is none of use. */
async function read(base) {
  try {
    const answer = await fetch(`${base}/regions`, { signal: AbortSignal.timeout(patience) });
    const body = answer.ok ? await answer.json() : null;
    return typeof body?.region === 'string' && Array.isArray(body.regions) && Array.isArray(body.links) ? body : null;
  } catch {
    return null;
  }
}
