'use strict';
// The states of the program, put together from the differences that the data has.
const D = JSON.parse(document.getElementById('data').textContent);
const PAGE = 4096;
const LEVELS = ['PGD', 'PUD', 'PMD', 'PTE'];
const $ = id => document.getElementById(id);
const hex = n => n.toString(16);
const num = n => Math.round(n).toLocaleString('en-US');
const kib = n => num(n) + 'K';
const size = bytes => {
  const units = ['', 'K', 'M', 'G', 'T'];
  let unit = 0;
  while (bytes >= 1024 && bytes % 1024 === 0 && unit < 4) { bytes /= 1024; unit++; }
  return bytes < 10000 ? num(bytes) + units[unit] : 'about ' + num(bytes / 1024) + (units[unit + 1] || '');
};
const esc = text => String(text).replace(/[&<>"']/g, c => '&#' + c.charCodeAt(0) + ';');

const states = (() => {
  const all = [];
  let last = { place: -1, alive: [], figures: new Map(), areas: new Map(), tables: new Map(), chains: new Map() };
  for (const change of D.states) {
    const state = Object.assign({}, last, { place: change.place, machine: change.machine });
    if (change.alive) state.alive = change.alive;
    const put = (key, changes, make) => {
      if (!changes && !change.alive) return;
      state[key] = new Map([...last[key]].filter(([name]) => state.alive.includes(name)));
      for (const [name, value] of Object.entries(changes || {})) state[key].set(name, make(value, state[key].get(name)));
    };
    put('figures', change.totals, value => value);
    put('tables', change.tables, value => value);
    put('areas', change.areas, (value, old) => {
      const by = new Map((old || []).map(area => [area.start, area]));
      for (const start of value.drop) by.delete(start);
      for (const area of value.set) by.set(area.start, area);
      return [...by.values()].sort((a, b) => a.start - b.start);
    });
    if (change.chains) {
      state.chains = new Map(last.chains);
      for (const frame of change.chains.drop) state.chains.delete(frame);
      for (const chain of change.chains.set) state.chains.set(chain.frame, chain);
    }
    all.push(state);
    last = state;
  }
  return all;
})();

// Where one can stand: before the first statement, and after each one that the data has.
const stops = [{ place: 0, line: 0 }, ...D.statements];
const stateAt = stop => {
  let found = states[0];
  for (const state of states) if (state.place <= stops[stop].place) found = state;
  return found;
};
const stopStates = stops.map((_, stop) => stateAt(stop));

const areaAt = (areas, address) => (areas || []).find(a => a.start <= address && address < a.end);
const runAt = (area, address) => {
  const page = Math.floor((address - area.start) / PAGE);
  return (area.runs || []).find(run => run[0] <= page && page < run[0] + run[1]);
};
// What stands at an address: kind, frame, map count, bits; null where nothing does, undefined where only counts are known.
const pageAt = (areas, address) => {
  const area = areaAt(areas, address);
  if (!area) return null;
  if (area.parts) return undefined;
  const run = runAt(area, address);
  if (!run) return null;
  const offset = Math.floor((address - area.start) / PAGE) - run[0];
  return { kind: run[2], frame: run[3] ? run[3] + offset : 0, count: run[4], bits: run[5], first: run[3] };
};
// Pages by kind in a range that lies in one area.
const mix = (area, start, end) => {
  const sums = D.kinds.map(() => 0);
  const from = (start - area.start) / PAGE, to = (end - area.start) / PAGE;
  for (const run of area.runs || []) {
    const n = Math.min(run[0] + run[1], to) - Math.max(run[0], from);
    if (n > 0) sums[run[2]] += n;
  }
  (area.parts || []).forEach((part, index) => {
    const first = index * area.pagesInPart, last = first + area.pagesInPart;
    const share = (Math.min(last, to) - Math.max(first, from)) / area.pagesInPart;
    if (share > 0) part.forEach((n, kind) => { sums[kind] += n * share; });
  });
  return sums;
};
const samePage = (a, b) => a === b || (a && b && a.kind === b.kind && a.frame === b.frame && a.count === b.count && a.bits === b.bits);
const differs = (now, before, area, start, end) => {
  if (area.parts || end - start > PAGE) {
    const old = areaAt(before, start);
    if (old === area) return false;
    const a = mix(area, start, end), b = a.map(() => 0);
    for (const other of before || []) {
      if (other.end <= start || end <= other.start) continue;
      mix(other, Math.max(start, other.start), Math.min(end, other.end)).forEach((n, kind) => { b[kind] += n; });
    }
    // Where the counts are those of other parts, they are shares: a few pages more or less mean nothing.
    const isSame = old && old.start === area.start && old.end === area.end && old.pagesInPart === area.pagesInPart;
    return a.some((n, kind) => Math.abs(n - b[kind]) > (isSame ? .01 : .02 * (end - start) / PAGE));
  }
  return !samePage(pageAt(now, start), pageAt(before, start));
};
