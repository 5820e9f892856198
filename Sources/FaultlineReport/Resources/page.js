// What stands on the page at one place, and how one goes from place to place.
let at = -1, selected = null;
let stripWidth = 0;

const stopOfLine = line => stops.findIndex((stop, i) => i && stop.line === line);
const lineNames = new Map(D.statements.map((s, i) => [s.line, i + 1]));

const drawProgram = () => {
  const rows = [];
  const button = stop => {
    const s = stops[stop];
    return `<button type="button" data-stop="${stop}"><span class="n">${s.line}</span>${esc(s.text)}`
      + `<span class="result${s.failed ? ' bad' : ''}">${esc(s.result)}${s.failed ? ' — ' + esc(s.failed) : ''}</span></button>`;
  };
  rows.push('<li><button type="button" data-stop="0"><span class="n">0</span>before the first statement</button></li>');
  if (D.source.length) {
    D.source.forEach((text, i) => {
      if (lineNames.has(i + 1)) rows.push(`<li>${button(lineNames.get(i + 1))}</li>`);
      else if (text.trim()) rows.push(`<li>${esc(text)}</li>`);
    });
  } else {
    stops.forEach((_, i) => { if (i) rows.push(`<li>${button(i)}</li>`); });
  }
  if (D.statementCount > D.statements.length) {
    rows.push(`<li class="skipped">${num(D.statementCount - D.statements.length)} of ${num(D.statementCount)} statements ran without being kept here.</li>`);
  }
  if (D.failure) rows.push(`<li class="bad">line ${D.failure.line}: the program could not go on: ${esc(D.failure.message)}</li>`);
  for (const text of D.unmodelled) rows.push(`<li class="bad">not modelled: ${esc(text)}</li>`);
  $('lines').innerHTML = rows.join('');
};

// The changes of a statement in words, and the frames that it changed.
const changesOf = stop => {
  const now = stopStates[stop], before = stop ? stopStates[stop - 1] : now;
  const lines = [], frames = [];
  for (const name of now.alive) if (!before.alive.includes(name)) lines.push(`process ${name} is there`);
  for (const name of before.alive) if (!now.alive.includes(name)) lines.push(`process ${name} is gone`);
  for (const name of now.alive) {
    const areas = now.areas.get(name) || [], old = before.areas.get(name) || [];
    if (areas === old) continue;
    if ([...areas, ...old].some(area => area.count > 1)) {
      const [a, b] = [before, now].map(state => state.figures.has(name) ? state.figures.get(name).figures.vmaCount : 0);
      lines.push(`${name}: ${a === b ? 'as many VMAs as before' : `${num(a)} → ${num(b)} VMAs`}, which are shown in groups of neighbours`);
      continue;
    }
    const starts = new Map(old.map(area => [area.start, area]));
    const isNew = !before.alive.includes(name);
    for (const area of areas) {
      const last = starts.get(area.start), range = `${hex(area.start)}-${hex(area.end)}${area.count > 1 ? ` (${num(area.count)} VMAs)` : ''}`;
      if (!last && !isNew) lines.push(`${name}: VMA ${range} ${area.permissions || ''} ${area.name || ''}`);
      else if (last && last.end !== area.end) lines.push(`${name}: VMA ${hex(last.start)}-${hex(last.end)} is now ${range}`);
      else if (last && last.permissions !== area.permissions) lines.push(`${name}: VMA ${range} is ${area.permissions}, was ${last.permissions}`);
      else if (last && last.flags !== area.flags) lines.push(`${name}: VMA ${range} has the flags ${area.flags}`);
    }
    const kept = new Set(areas.map(area => area.start));
    for (const area of old) if (!kept.has(area.start) && !areaAt(areas, area.start)) lines.push(`${name}: VMA ${hex(area.start)}-${hex(area.end)} is gone`);
    lines.push(...pageChanges(name, areas, old, frames));
  }
  return { lines, frames };
};

const pageChanges = (name, areas, old, frames) => {
  const moves = new Map();
  const note = (from, to, extra) => {
    const key = `${from} → ${to}${extra}`;
    moves.set(key, (moves.get(key) || 0) + 1);
  };
  const bounds = [...areas, ...old];
  let looked = 0, isCut = false;
  const seen = new Set(), most = 20000;
  for (const area of bounds) {
    for (const run of area.runs || []) {
      for (let i = 0; i < run[1]; i++) {
        if (looked === most) {
          isCut = true;
          break;
        }
        const address = area.start + (run[0] + i) * PAGE;
        if (seen.has(address)) continue;
        seen.add(address);
        looked++;
        const a = pageAt(old, address), b = pageAt(areas, address);
        if (samePage(a, b) || a === undefined || b === undefined) continue;
        if (b && b.frame) frames.push(b.first);
        const label = page => page ? D.kinds[page.kind].short : 'absent';
        if (a && b && a.frame === b.frame && a.kind === b.kind) {
          note(label(a), label(b), a.count !== b.count ? `, mapped ${a.count} → ${b.count} times` : (a.bits ^ b.bits) & 1 ? (b.bits & 1 ? ', now writable' : ', now write-protected') : ', now ' + (b.bits & 2 ? 'dirty' : 'clean'));
        } else note(label(a), label(b), a && b && a.frame && b.frame && a.frame !== b.frame ? ', another frame' : '');
      }
    }
  }
  const least = isCut ? 'at least ' : '';
  const lines = [...moves].map(([key, n]) => `${name}: ${least}${num(n)} ${n === 1 ? 'page' : 'pages'}: ${key}`);
  if (isCut) lines.push(`${name}: these are the changes of the first ${num(most)} pages; the figures below count all`);
  return lines;
};

const drawWhat = (stop, changes) => {
  const s = stops[stop];
  const state = stopStates[stop];
  const notes = [];
  if (state.place !== s.place) notes.push(`The state was not looked at behind this statement: what you see is that after ${state.place ? 'statement ' + num(state.place) : 'the start'}.`);
  if (stop && stopStates[stop - 1] !== state && stopStates[stop - 1].place < state.place - 1) {
    notes.push(`The state before is that after ${stopStates[stop - 1].place ? 'statement ' + num(stopStates[stop - 1].place) : 'the start'}: what follows is all that changed since then.`);
  }
  const list = changes.lines.slice(0, 14).map(line => `<li>${esc(line)}</li>`).join('') + (changes.lines.length > 14 ? `<li>and ${num(changes.lines.length - 14)} more changes</li>` : '');
  const why = stop ? `<div><h3>Why</h3><pre id="why" tabindex="0" aria-label="Reasons">${esc((s.why || []).join('\n') || 'nothing to tell')}</pre></div>` : '';
  return `<div><h3>Changes</h3>${notes.map(n => `<p class="bad">${n}</p>`).join('')}<ul>${list || '<li>no VMA and no page changed</li>'}</ul></div>${why}`;
};

const drawSpaces = stop => {
  const now = stopStates[stop], before = stop ? stopStates[stop - 1] : now;
  const most = 24;
  const order = now.alive.length <= most ? now.alive
    : [...now.alive].sort((a, b) => (now.areas.get(b) !== before.areas.get(b)) - (now.areas.get(a) !== before.areas.get(a))).slice(0, most);
  const rows = order.map(name => {
    const entry = now.figures.get(name), last = before.figures.get(name);
    const head = `<h3>${esc(name)} <span class="figures">${figureText(entry.figures, last && last.figures)}</span></h3>`;
    if (entry.sharedWith) return head + `<p class="hint">runs in the address space of ${esc(entry.sharedWith)}</p>`;
    const none = (now.areas.get(name) || []).length ? '' : '<p class="hint">It has no VMA beside those of its own code and stack.</p>';
    return `<div data-space="${esc(name)}">${head}${none}${strip(name, now.areas.get(name), before.areas.get(name), stripWidth)}</div>`;
  });
  if (now.alive.length > most) rows.push(`<p class="hint">and ${num(now.alive.length - most)} more processes; the table below has all.</p>`);
  return rows.join('') || '<p>No process is left.</p>';
};

const go = (stop, options = {}) => {
  stop = Math.min(Math.max(stop, 0), stops.length - 1);
  at = stop;
  const s = stops[stop], state = stopStates[stop], before = stop ? stopStates[stop - 1] : null;
  const changes = changesOf(stop);
  $('slider').value = stop;
  const words = stop ? `After line ${s.line} (${stop} of ${stops.length - 1}): ${s.text} — ${s.result}` : 'Before the first statement';
  $('slider').setAttribute('aria-valuetext', words);
  $('status').textContent = words;
  $('status').className = s.failed || s.isRefused ? 'bad' : '';
  for (const button of document.querySelectorAll('#lines button')) {
    if (Number(button.dataset.stop) === stop) {
      button.setAttribute('aria-current', 'step');
      const box = $('program'), top = button.offsetTop;
      if (top < box.scrollTop || top + button.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 3;
    } else button.removeAttribute('aria-current');
  }
  $('what').innerHTML = drawWhat(stop, changes);
  $('spaces').innerHTML = drawSpaces(stop);
  const cells = document.querySelectorAll('#spaces .cell');
  if (cells.length) (document.querySelector('#spaces .cell.changed') || cells[0]).tabIndex = 0;
  $('detail').textContent = 'Point at a page, or go to it with the Tab key and the arrow keys.';
  if (selected) select(selected, false);
  $('chains').innerHTML = drawChains(state, [...new Set(changes.frames)], frameOf(selected));
  $('tables').innerHTML = state.alive.filter(name => state.tables.get(name) && !state.figures.get(name).sharedWith)
    .slice(0, 12).map(name => tree(name, state.tables.get(name), before && before.tables.get(name))).join('');
  $('time').innerHTML = charts.filter(chart => chart.series.length).map((chart, i) => `<div class="chart" data-chart="${i}">${drawChart(chart, stop)}</div>`).join('');
  if ($('numbers-now').open) drawNumbers();
  if (!options.quiet) history.replaceState(null, '', fragment());
};

const fragment = () => '#' + (at ? 'line=' + stops[at].line : 'start') + (selected ? `&page=${encodeURIComponent(selected.process)}:${hex(selected.address)}` : '');
const frameOf = place => {
  if (!place) return 0;
  const page = pageAt(stopStates[at].areas.get(place.process), place.address);
  return page && page.first ? page.first : 0;
};
const cellAt = place => [...document.querySelectorAll('#spaces .cell')].filter(cell => cell.dataset.process === place.process && Number(cell.dataset.address) <= place.address).pop();
const select = (place, redraw = true) => {
  selected = place;
  for (const cell of document.querySelectorAll('#spaces .cell')) cell.setAttribute('aria-pressed', 'false');
  const cell = place && cellAt(place);
  if (cell) cell.setAttribute('aria-pressed', 'true');
  if (redraw) {
    $('chains').innerHTML = drawChains(stopStates[at], [...new Set(changesOf(at).frames)], frameOf(place));
    history.replaceState(null, '', fragment());
  }
};
const fromFragment = () => {
  const parts = new Map(location.hash.slice(1).split('&').map(part => part.split('=')));
  const page = /^(.*):([0-9a-f]+)$/.exec(decodeURIComponent(parts.get('page') || ''));
  selected = page ? { process: page[1], address: parseInt(page[2], 16) } : null;
  const stop = parts.has('line') ? stopOfLine(Number(parts.get('line'))) : parts.has('start') ? 0 : -1;
  if (stop >= 0) return stop;
  if (at >= 0) return Math.min(stops.length - 1, at);
  // Begin where there is something to see: at the first statement whose state was looked at.
  const first = stops.findIndex((stop, i) => i && stopStates[i].place === stop.place);
  return first >= 0 ? first : stops.length - 1;
};

const drawLegend = () => {
  const used = new Set();
  let isLocked = false;
  for (const state of states) for (const areas of state.areas.values()) for (const area of areas) {
    for (const run of area.runs || []) used.add(run[2]);
    isLocked = isLocked || (area.flags || '').split(' ').includes('lo');
    for (const part of area.parts || []) part.forEach((n, kind) => { if (n) used.add(kind); });
  }
  const kinds = D.kinds.map((kind, i) => used.has(i) ? `<li><i class="${kind.name}">${kind.letter}</i>${kind.legend}</li>` : '').join('');
  $('legend').innerHTML = kinds + '<li><i class="absent">&nbsp;</i>absent: no entry</li><li><i class="absent">┄</i>write-protected in a writable VMA</li>'
    + (isLocked ? '<li><i class="locked">&nbsp;</i>a thick frame: a locked VMA</li>' : '')
    + '<li><span class="mark">▲</span> changed by the statement</li>';
};

const focusCell = (cell, move) => {
  const all = [...cell.closest('svg').querySelectorAll('.cell')];
  const rows = [...document.querySelectorAll('#spaces svg')].map(svg => [...svg.querySelectorAll('.cell')]).filter(row => row.length);
  const row = rows.findIndex(row => row.includes(cell)), column = all.indexOf(cell);
  let next;
  if (move === 'ArrowRight') next = all[column + 1];
  if (move === 'ArrowLeft') next = all[column - 1];
  if (move === 'Home') next = all[0];
  if (move === 'End') next = all[all.length - 1];
  if (move === 'ArrowDown' && rows[row + 1]) next = rows[row + 1][Math.min(column, rows[row + 1].length - 1)];
  if (move === 'ArrowUp' && rows[row - 1]) next = rows[row - 1][Math.min(column, rows[row - 1].length - 1)];
  if (!next) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
};
const point = cell => {
  $('detail').textContent = cell.getAttribute('aria-label');
  const frame = cell.dataset.frame;
  for (const other of document.querySelectorAll('#spaces .cell')) other.classList.toggle('same', frame !== '0' && other.dataset.frame === frame);
};
const setTheme = theme => {
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  $('theme').textContent = 'Theme: ' + (theme || 'as the system');
};

const listen = () => {
  $('slider').max = stops.length - 1;
  $('slider').addEventListener('input', () => go(Number($('slider').value)));
  const steps = { first: () => 0, back: () => at - 1, next: () => at + 1, last: () => stops.length - 1 };
  for (const [id, to] of Object.entries(steps)) $(id).addEventListener('click', () => go(to()));
  $('lines').addEventListener('click', event => {
    const button = event.target.closest('button');
    if (button) go(Number(button.dataset.stop));
  });
  $('time').addEventListener('click', event => {
    const svg = event.target.closest('svg');
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    go(Math.floor(((event.clientX - box.left) / box.width * 420 - 8) / (404 / stops.length)));
  });
  const spaces = $('spaces');
  const cellOfEvent = event => event.target.closest && event.target.closest('.cell');
  for (const type of ['mouseover', 'focusin']) spaces.addEventListener(type, event => { const cell = cellOfEvent(event); if (cell) point(cell); });
  const choose = cell => select({ process: cell.dataset.process, address: Number(cell.dataset.address) });
  spaces.addEventListener('click', event => { const cell = cellOfEvent(event); if (cell) choose(cell); });
  spaces.addEventListener('keydown', event => {
    const cell = cellOfEvent(event);
    if (!cell) return;
    if (event.key === 'Enter' || event.key === ' ') choose(cell);
    else if (event.key === 'Escape') select(null);
    else if (/^(Arrow|Home|End)/.test(event.key)) focusCell(cell, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|PRE)$/.test(event.target.tagName)) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (to === undefined) return;
    go(to);
    event.preventDefault();
  });
  $('theme').addEventListener('click', () => {
    const now = document.documentElement.dataset.theme || '';
    setTheme({ '': 'dark', dark: 'light', light: '' }[now]);
  });
  for (const id of ['numbers-now', 'numbers-all']) $(id).addEventListener('toggle', drawNumbers);
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    stripWidth = Math.min(stripWidth, 660);
    go(at, { quiet: true });
    drawNumbers();
  });
  addEventListener('afterprint', () => { stripWidth = $('spaces').clientWidth; go(at, { quiet: true }); });
  addEventListener('hashchange', () => go(fromFragment(), { quiet: true }));
  addEventListener('resize', () => { stripWidth = $('spaces').clientWidth; go(at, { quiet: true }); });
};

drawProgram();
drawLegend();
listen();
stripWidth = $('spaces').clientWidth;
go(fromFragment(), { quiet: true });
