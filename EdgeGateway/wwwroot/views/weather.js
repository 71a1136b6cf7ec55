// Weather: cells on a map-like grid, coloured by temperature, with an arrow to where the wind blows.
import { capitalised, el, number, setAttribute, setText, svg, time, words } from '../dom.js';
import { formatPosition } from '../core.js';

const mostCells = 100;
const cellKey = /^weather\/cell-(\d+)-(\d+)$/;

export class WeatherView {
  kind = 'weather';
  #cells = new Map(); // topic → its td
  #chosen;
  #shape = '';

  constructor(section, { redraw }) {
    this.body = section.querySelector('tbody');
    this.table = section.querySelector('table');
    this.empty = section.querySelector('.empty');
    this.report = section.querySelector('.observation');
    this.redraw = redraw;
    this.table.addEventListener('keydown', pressed => this.#move(pressed));
  }

  /** The cells of the grid; topics of other names have no place on it. */
  wants(topics) {
    const cells = topics.filter(topic => cellKey.test(topic)).slice(0, mostCells);
    this.#layOut(cells);
    return cells;
  }

  draw(hub) {
    let any = false;
    for (const [topic, cell] of this.#cells) {
      const entry = hub.entries.get(topic);
      any ||= entry?.state !== undefined;
      if (!entry?.state || cell.entry === entry) continue;
      cell.entry = entry;
      this.#update(cell, entry);
    }
    this.empty.hidden = any;
    this.table.hidden = !any;
    const chosen = hub.entries.get(this.#chosen);
    if (chosen?.state && this.report.entry !== chosen) this.#tell(chosen);
  }

  /** Rows and columns are those of the names, north first, as they come. */
  #layOut(cells) {
    if (this.#shape === cells.join()) return;
    this.#shape = cells.join();
    const places = cells.map(topic => [topic, ...cellKey.exec(topic).slice(1).map(Number)]);
    const distinct = i => [...new Set(places.map(place => place[i]))].sort((a, b) => a - b);
    const columns = distinct(2);
    this.#cells.clear();
    this.body.replaceChildren(...distinct(1).map(row => el('tr', {}, ...columns.map(column => {
      const topic = places.find(place => place[1] === row && place[2] === column)?.[0];
      if (!topic) return el('td', { class: 'none' });
      const cell = this.#cell(topic);
      this.#cells.set(topic, cell);
      return cell;
    }))));
    this.body.querySelector('button')?.setAttribute('tabindex', '0');
  }

  #cell(topic) {
    const choose = () => {
      this.#chosen = topic;
      for (const [other, { firstElementChild: button }] of this.#cells) {
        setAttribute(button, 'aria-pressed', String(other === topic));
        setAttribute(button, 'tabindex', other === topic ? 0 : -1);
      }
      this.redraw();
    };
    return el('td', { id: topic, testid: 'weather-cell', data: { topic } },
      el('button', { type: 'button', tabindex: -1, 'aria-pressed': 'false', on: { click: choose } },
        el('span', { class: 'degrees' }),
        svg('svg', { class: 'wind', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: 'M8 14V3M4.5 6.5 8 3l3.5 3.5' }))));
  }

  #update(cell, { topic, state, stale, ...position }) {
    const button = cell.firstElementChild;
    const [degrees, wind] = button.children;
    setAttribute(cell, 'data-position', formatPosition(position));
    setAttribute(cell, 'data-stale', stale);
    setAttribute(cell, 'data-temperature', state.temperatureC);
    setText(degrees, Number.isFinite(state.temperatureC) ? `${number(state.temperatureC)}°` : '–');
    button.style.setProperty('--cell', colour(state.temperatureC));
    const blows = Number.isFinite(state.windFromDegrees) && state.windMps > 0.2;
    wind.style.visibility = blows ? '' : 'hidden';
    wind.style.transform = `rotate(${(state.windFromDegrees ?? 0) + 180}deg)`;
    wind.style.opacity = Math.min(1, 0.45 + (state.windMps ?? 0) / 15);
    setAttribute(button, 'aria-label', `${degrees.textContent}, ${name(topic)}: ${number(state.temperatureC, 1)} °C, ${windText(state)}${state.condition ? `, ${words(state.condition)}` : ''}`);
  }

  #tell(entry) {
    const { topic, state, stale } = entry;
    this.report.entry = entry;
    const values = [
      ['Temperature', `${number(state.temperatureC, 1)} °C`], ['Wind', windText(state)],
      ['Gusts', `${number(state.gustMps, 1)} m/s`], ['Pressure', `${number(state.pressureHpa, 0)} hPa`],
      ['Humidity', `${number(state.humidityPercent, 0)} %`], ['Precipitation', `${number(state.precipitationMmPerHour, 1)} mm/h`],
      ['Centre', `${number(state.latitude, 1)}° N, ${number(state.longitude, 1)}° E`], ['Observed', time(state.observedAt, true) || '–'],
    ];
    this.report.replaceChildren(
      el('h3', {}, name(topic), el('span', { class: 'muted', text: state.condition ? ` ${capitalised(words(state.condition))}` : '' }), stale ? el('span', { class: 'badge', text: 'Stale' }) : null),
      el('dl', { class: 'facts' }, ...values.map(([label, value]) => el('div', {}, el('dt', { text: label }), el('dd', { text: value })))));
  }

  #move(pressed) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -99], End: [0, 99] }[pressed.key];
    const cell = pressed.target.closest('td');
    if (!step || !cell) return;
    pressed.preventDefault();
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    const row = this.body.rows[clamp(cell.parentElement.rowIndex + step[0], this.body.rows.length - 1)];
    const next = row.cells[clamp(cell.cellIndex + step[1], row.cells.length - 1)].firstElementChild;
    if (!next) return;
    cell.firstElementChild.setAttribute('tabindex', '-1');
    next.setAttribute('tabindex', '0');
    next.focus();
  }
}

function name(topic) {
  const [, row, column] = cellKey.exec(topic);
  return `Cell ${row}, ${column}`;
}

const points = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'];

function windText({ windMps, windFromDegrees }) {
  if (!Number.isFinite(windMps)) return 'wind unknown';
  return `${number(windMps, 1)} m/s${Number.isFinite(windFromDegrees) ? ` from ${points[Math.round(windFromDegrees / 45) % 8]}` : ''}`;
}

// Light enough for dark text at every stop, in both themes: contrast stays above 4.5.
const stops = [[-10, [196, 181, 253]], [0, [147, 197, 253]], [10, [134, 239, 172]], [18, [217, 249, 157]], [25, [253, 224, 71]], [30, [253, 186, 116]], [35, [252, 165, 165]]];

function colour(celsius) {
  if (!Number.isFinite(celsius)) return 'transparent';
  const next = stops.findIndex(([at]) => celsius < at);
  if (next === 0) return `rgb(${stops[0][1].join()})`;
  if (next < 0) return `rgb(${stops.at(-1)[1].join()})`;
  const [[from, a], [to, b]] = [stops[next - 1], stops[next]];
  const share = (celsius - from) / (to - from);
  return `rgb(${a.map((value, i) => Math.round(value + (b[i] - value) * share)).join()})`;
}
