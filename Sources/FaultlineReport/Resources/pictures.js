// Chains, page tables, time lines.
const processOf = index => D.processNames[index] || 'process ' + index;

// What the bits of an entry that maps the frame allow.
const rights = entry => {
  const bits = BigInt('0x' + entry);
  return (bits & 2n ? 'writable' : 'read-only') + (bits & 64n ? ', dirty' : '');
};

const chainBox = chain => {
  const owner = chain.owner === 'anon_vma'
    ? `anon_vma#${chain.number}<br>${chain.number === chain.root ? 'its own root' : `parent #${chain.parent}, root #${chain.root}`}`
    : chain.owner === 'file' ? `file<br>${esc(chain.name)}` : 'no owner';
  const steps = chain.steps.map(step => {
    const entry = step.isMapped ? `PTE 0x${step.entry} maps the frame, ${rights(step.entry)}` : step.entry === '0' ? 'no entry here' : `PTE 0x${step.entry} maps something else`;
    return `<li><span class="box">${esc(processOf(step.process))} VMA ${hex(step.start)}-${hex(step.end)} ${esc(step.permissions)}</span>`
      + `<span class="arrow" aria-hidden="true">→</span><span class="box${step.isMapped ? '' : ' no'}">at ${hex(step.address)}: ${entry}</span></li>`;
  }).join('');
  const link = chain.owner === 'anon_vma' ? 'by its chain (anon_vma_chain)' : 'by i_mmap';
  return `<div class="chain mono" data-frame="${chain.frame}" data-mapcount="${chain.mapCount}"><div class="box">frame 0x${hex(chain.frame)}<br>mapped ${chain.mapCount === 1 ? 'once' : chain.mapCount + ' times'}<br> page 0x${hex(chain.index)} of ${chain.owner === 'file' ? 'the file' : 'its anon_vma'}`
    + `${chain.isExclusive ? '<br>known to be exclusive' : ''}</div><span class="arrow" aria-hidden="true">→</span><div class="box">${owner}</div>`
    + `<span class="arrow" aria-hidden="true">→</span><ul class="steps" aria-label="VMAs, found ${link}">${steps || '<li>no VMA</li>'}</ul></div>`;
};

const drawChains = (state, changed, selected) => {
  const find = frame => state.chains.get(frame) || null;
  let frames = selected ? [selected] : changed;
  let note = selected ? '' : 'Frames that the statement changed.';
  if (!frames.length) { frames = [...state.chains.keys()]; note = 'Nothing changed here: the first frames.'; }
  const shown = frames.map(find).filter(Boolean).filter((chain, i, all) => all.findIndex(other => other.frame === chain.frame) === i);
  if (selected && !shown.length) {
    return `<p class="hint">The chain of frame 0x${hex(selected)} is not in this page: it has that of the first page of each run of pages, and at most ${num(state.chains.size)} here. `
      + 'Ask <code>faultline rmap --page PROCESS:ADDRESS</code>.</p>';
  }
  if (!shown.length) return '<p>No frame is mapped, or its VMA is shown by counts alone.</p>';
  const rest = shown.length > 6 ? `<p class="hint">and ${num(shown.length - 6)} more: choose a cell to see its frame.</p>` : '';
  return (note ? `<p class="hint">${note}</p>` : '') + shown.slice(0, 6).map(chainBox).join('') + rest;
};

const tree = (name, tables, before) => {
  const counts = tables.counts, known = new Set((before ? before.listed : []).map(row => row[0] + ':' + row[1] + ':' + row[3]));
  const listed = tables.listed;
  const place = [], last = [];
  let row = 0;
  listed.forEach((table, i) => {
    const level = table[0];
    if (i && level <= listed[i - 1][0]) row++;
    place.push({ x: level * 172, y: row * 36 + 4, parent: level ? last[level - 1] : null });
    last[level] = i;
  });
  let out = '';
  listed.forEach((table, i) => {
    const [level, frame, start, used] = table, at = place[i];
    if (at.parent !== null && at.parent !== undefined) {
      const from = place[at.parent];
      out += `<path d="M${from.x + 148} ${from.y + 14}h10V${at.y + 14}h14"/>`;
    }
    const isNew = before && !known.has(level + ':' + frame + ':' + used);
    const text = `${LEVELS[level]} in frame 0x${hex(frame)}, for addresses from ${hex(start)}: ${used} of 512 entries used${isNew ? ', new or changed' : ''}`;
    out += `<g role="img" aria-label="${esc(text)}"><title>${esc(text)}</title><rect x="${at.x}" y="${at.y}" width="148" height="28" rx="3"/>`
      + `<rect class="use" x="${at.x + 1}" y="${at.y + 24}" width="${Math.max(146 * used / 512, 2).toFixed(1)}" height="3"/>`
      + `<text class="name" x="${at.x + 5}" y="${at.y + 11}">${LEVELS[level]} ${used}/512${isNew ? ' ▲' : ''}</text><text x="${at.x + 5}" y="${at.y + 22}" style="font-size:9.5px">${hex(start)}</text></g>`;
  });
  const bytes = counts.slice(1).reduce((a, b) => a + b, 0) * 4;
  const hidden = counts.reduce((a, b) => a + b, 0) - listed.length;
  const sums = LEVELS.map((level, i) => `${level} ${num(counts[i])}`).join(', ');
  return `<h3>${esc(name)} <span class="figures">${kib(bytes)} (VmPTE; the PGD not counted): ${sums}</span></h3>`
    + `<div style="overflow-x:auto"><svg class="tree" role="group" aria-label="Page tables of ${esc(name)}" width="670" height="${(row + 1) * 36 + 4}">${out}</svg></div>`
    + (hidden > 0 ? `<p class="hint">and ${num(hidden)} more tables.</p>` : '');
};

// Series over all stops: { name, values }, where a value may be null.
const allNames = [...new Set(states.flatMap(state => state.alive))];
const perProcess = key => allNames.slice(0, 8).map(name => ({
  name, values: stopStates.map(state => state.alive.includes(name) && state.figures.get(name) ? state.figures.get(name).figures[key] : null),
}));
const machineDelta = key => stopStates.map((state, i) => i ? state.machine[key] - stopStates[i - 1].machine[key] : 0);
const charts = [
  { title: 'Rss', unit: 'K', series: perProcess('rss') },
  { title: 'Pss', unit: 'K', series: perProcess('pss') },
  { title: 'Page tables', unit: 'K', series: perProcess('pageTables') },
  { title: 'Faults of each statement, by kind', unit: '', bars: true,
    series: D.faultKinds.map(kind => ({ name: kind, values: stops.map(stop => (stop.faults || {})[kind] || 0) })).filter(s => s.values.some(Boolean)) },
  { title: 'Translations of each statement', unit: '', bars: true, series: [
    { name: 'found in the first-level TLB', values: machineDelta('tlbFirst') }, { name: 'in the second level', values: machineDelta('tlbSecond') },
    { name: 'by a walk of the tables', values: machineDelta('walks') }] },
  { title: 'Free memory', unit: 'K', tight: true, series: [{ name: 'MemFree', values: stopStates.map(state => state.machine.freeKiB) }] },
];

const drawChart = (chart, at) => {
  const W = 420, H = 92, left = 8, right = 8, n = stops.length;
  const totals = chart.bars ? stops.map((_, i) => chart.series.reduce((sum, s) => sum + s.values[i], 0)) : chart.series.flatMap(s => s.values.filter(v => v !== null));
  const max = Math.max(...totals, 1), min = chart.tight ? Math.min(...totals) : 0;
  const step = (W - left - right) / n;
  const y = v => 8 + (H - 18) * (1 - (max === min ? .5 : (v - min) / (max - min)));
  let out = `<line class="axis" x1="${left}" x2="${W - right}" y1="${H - 10}" y2="${H - 10}"/>`;
  const base = stops.map(() => 0);
  chart.series.forEach((series, k) => {
    const color = `var(--s${k % 8})`;
    if (chart.bars) {
      series.values.forEach((v, i) => {
        if (!v) return;
        const top = y(base[i] + v), bottom = y(base[i]);
        base[i] += v;
        out += `<rect x="${(left + i * step + step * .1).toFixed(1)}" width="${(step * .8).toFixed(1)}" y="${top.toFixed(1)}" height="${(bottom - top).toFixed(1)}" style="fill:${color}"/>`;
      });
      return;
    }
    let path = '', open = false;
    series.values.forEach((v, i) => {
      if (v === null) { open = false; return; }
      const x0 = left + i * step, x1 = x0 + step;
      path += (open ? 'L' : 'M') + `${x0.toFixed(1)} ${y(v).toFixed(1)}H${x1.toFixed(1)}`;
      open = true;
    });
    out += `<path class="series" d="${path}" style="stroke:${color}" stroke-dasharray="${['', '6 3', '2 2', '8 2 2 2'][k % 4]}"/>`;
  });
  const x = left + (at + .5) * step;
  out += `<line class="now" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="2" y2="${H - 6}"/>`;
  const legend = chart.series.map((s, k) => {
    const v = s.values[at];
    return `<li><i class="${chart.bars ? 'block' : ''}" style="${chart.bars ? 'background' : 'border-color'}:var(--s${k % 8})"></i>${esc(s.name)} ${v === null ? '-' : num(v) + chart.unit}</li>`;
  }).join('');
  const range = chart.tight ? `${num(min)}${chart.unit} to ${num(max)}${chart.unit}` : `0 to ${num(max)}${chart.unit}`;
  return `<h3>${chart.title} <span class="figures">${range}</span></h3><svg viewBox="0 0 ${W} ${H}" role="img" aria-label="${esc(chart.title)} over the statements; the numbers stand in the table below">${out}</svg><ul>${legend}</ul>`;
};
