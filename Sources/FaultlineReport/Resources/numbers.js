// The numbers of the pictures as tables.
const FIGURES = [['rss', 'Rss'], ['pss', 'Pss'], ['anonymous', 'RssAnon'], ['file', 'RssFile'], ['shmem', 'RssShmem'], ['size', 'VmSize'],
  ['pageTables', 'VmPTE'], ['locked', 'VmLck'], ['vmaCount', 'VMAs']];
const table = (caption, head, rows) => `<table><caption>${caption}</caption><thead><tr>${head.map(h => `<th scope="col">${h}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
const mostRows = 400;
const cut = (rows, columns) => rows.length <= mostRows ? rows
  : [...rows.slice(0, mostRows), `<tr><td class="text" colspan="${columns}">and ${num(rows.length - mostRows)} more rows</td></tr>`];

const processRows = state => state.alive.map(name => {
  const figures = state.figures.get(name).figures;
  return `<tr><th scope="row">${esc(name)}</th>${FIGURES.map(([key]) => `<td data-process="${esc(name)}" data-figure="${key}">${num(figures[key])}</td>`).join('')}</tr>`;
});

const drawNow = () => {
  const state = stopStates[at];
  const machine = [['MemFree', state.machine.freeKiB, 'freeKiB'], ['first-level TLB hits', state.machine.tlbFirst, 'tlbFirst'],
    ['second-level TLB hits', state.machine.tlbSecond, 'tlbSecond'], ['walks', state.machine.walks, 'walks']]
    .map(([label, value, key]) => `<tr><th scope="row">${label}</th><td data-machine="${key}">${num(value)}</td></tr>`);
  const vmas = [], pages = [];
  for (const name of state.alive) {
    for (const area of state.areas.get(name) || []) {
      const smaps = area.smaps || {};
      vmas.push(`<tr><th scope="row">${esc(name)}</th><td class="text">${hex(area.start)}-${hex(area.end)}</td><td class="text">${area.permissions || num(area.count) + ' VMAs'}</td>`
        + `<td class="text">${esc(area.name || '-')}</td><td>${num(smaps.Rss || 0)}</td><td>${num(smaps.Pss || 0)}</td><td>${num(smaps.Anonymous || 0)}</td><td class="text">${esc(area.flags || '')}</td></tr>`);
      for (const run of area.runs || []) {
        pages.push(`<tr><th scope="row">${esc(name)}</th><td class="text">${hex(area.start + run[0] * PAGE)}</td><td>${num(run[1])}</td><td class="text">${D.kinds[run[2]].legend}</td>`
          + `<td class="text">${run[3] ? '0x' + hex(run[3]) : '-'}</td><td>${run[4]}</td><td class="text">${run[5] & 1 ? 'yes' : 'no'}</td><td class="text">${run[5] & 2 ? 'yes' : 'no'}</td></tr>`);
      }
    }
  }
  return table('Processes (KiB)', ['process', ...FIGURES.map(f => f[1])], cut(processRows(state), 10)) + table('The machine (KiB; counts)', ['figure', 'value'], machine)
    + table('VMAs (KiB)', ['process', 'addresses', 'permissions', 'name', 'Rss', 'Pss', 'Anonymous', 'flags'], cut(vmas, 8))
    + table('Pages', ['process', 'address', 'pages', 'kind', 'first frame', 'map count', 'writable', 'dirty'], cut(pages, 8));
};

const drawAll = () => {
  const columns = charts.flatMap(chart => chart.series.map(s => ({ head: `${chart.title.replace(' of each statement', '').replace(', by kind', '')}: ${s.name}`, values: s.values })));
  const rows = stops.map((stop, i) => `<tr><th scope="row">${stop.line ? `${stop.line} ${esc(stop.text)}` : 'start'}</th>${columns.map(c => `<td>${c.values[i] === null ? '-' : num(c.values[i])}</td>`).join('')}</tr>`);
  return table('After every statement (memory in KiB; faults and translations of the statement)', ['statement', ...columns.map(c => esc(c.head))], rows);
};

const drawNumbers = () => {
  if ($('numbers-now').open) $('numbers-now').querySelector('div').innerHTML = drawNow();
  const all = $('numbers-all').querySelector('div');
  if ($('numbers-all').open && !all.firstChild) all.innerHTML = drawAll();
};
