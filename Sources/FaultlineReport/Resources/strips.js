// The address spaces as packed strips.
const nameOf = (area) => area.name ? area.name : area.count > 1 ? area.count + ' VMAs' : 'anonymous';
const entryText = page => (page.bits & 1 ? 'writes go through' : 'the entry is read-only, a write faults') + (page.bits & 2 ? ', dirty' : '');
const describe = (name, areas, start, end, area) => {
  const place = name + ' ' + hex(start);
  const vma = area.count > 1
    ? `in one of ${num(area.count)} VMAs from ${hex(area.start)} to ${hex(area.end)}`
    : `in the VMA ${hex(area.start)}-${hex(area.end)} ${area.permissions} ${area.name || '(anonymous)'}, flags ${area.flags || '-'}`;
  if (area.parts || end - start > PAGE) {
    const counts = mix(area, start, end);
    const there = counts.map((n, kind) => n >= .5 ? `${num(n)} ${D.kinds[kind].legend}` : '').filter(Boolean);
    const absent = (end - start) / PAGE - counts.reduce((a, b) => a + b, 0);
    if (absent >= .5) there.push(num(absent) + ' absent');
    return `${place}-${hex(end)}: ${num((end - start) / PAGE)} pages: ${there.join('; ')}; ${vma}`;
  }
  const page = pageAt(areas, start);
  if (!page) {
    const why = area.permissions && area.permissions.startsWith('---') ? 'and no access is allowed' : 'and no entry: the first access faults';
    return `${place}: no page here, ${why}; ${vma}`;
  }
  const frame = page.frame ? `, frame 0x${hex(page.frame)}, mapped ${page.count === 1 ? 'once' : page.count + ' times'}, ${entryText(page)}` : '';
  return `${place}: ${D.kinds[page.kind].legend}${frame}; ${vma}`;
};

const layout = width => {
  const gaps = D.axis.filter((part, i) => i && D.axis[i - 1][1] !== part[0]).length;
  const gap = gaps ? Math.min(24, width * .3 / gaps) : 0;
  const weight = D.axis.reduce((sum, part) => sum + part[2], 0);
  const unit = Math.min(34, (width - gaps * gap - 2) / Math.max(weight, 1));
  let x = 1;
  const parts = D.axis.map((part, i) => {
    const isGap = i > 0 && D.axis[i - 1][1] !== part[0];
    if (isGap) x += gap;
    const made = { start: part[0], end: part[1], x, width: part[2] * unit, gap: isGap ? gap : 0, skipped: isGap ? part[0] - D.axis[i - 1][1] : 0 };
    x += made.width;
    return made;
  });
  return { parts, width: x + 1 };
};

const cellOf = (name, now, before, area, part, start, end, x, width) => {
  const counts = mix(area, start, end);
  const total = (end - start) / PAGE;
  const isOne = end - start === PAGE && !area.parts;
  const page = isOne ? pageAt(now, start) : null;
  let body = '', y = 32;
  counts.forEach((n, kind) => {
    if (n <= 0) return;
    const height = 24 * Math.min(n / total, 1);
    body += `<rect class="${D.kinds[kind].name}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`;
    y += height;
  });
  if (isOne && page && width >= 11) {
    body += `<text x="${(x + width / 2).toFixed(1)}" y="48">${D.kinds[page.kind].letter}</text>`;
  }
  if (page && page.frame && !(page.bits & 1) && /^.w/.test(area.permissions || '')) {
    body += `<line class="readonly" x1="${(x + 2).toFixed(1)}" x2="${(x + width - 2).toFixed(1)}" y1="54" y2="54"/>`;
  }
  const lit = differs(now, before, area, start, end);
  const half = Math.min(width / 2, 5);
  if (lit) body += `<path class="lit" d="M${(x + width / 2 - half).toFixed(1)} 67h${(2 * half).toFixed(1)}l${(-half).toFixed(1)} -8z"/>`;
  const text = (lit ? 'changed: ' : '') + describe(name, now, start, end, area);
  return `<g class="cell${lit ? ' changed' : ''}${width < 9 ? ' thin' : ''}" role="button" tabindex="-1" aria-pressed="false" data-process="${esc(name)}" data-address="${start}"`
    + ` data-frame="${page ? page.frame : 0}" data-kind="${page ? D.kinds[page.kind].name : ''}" aria-label="${esc(text)}"><title>${esc(text)}</title>`
    + `<rect class="absent frame" x="${x.toFixed(1)}" y="32" width="${width.toFixed(1)}" height="24"/>${body}`
    + (y > 32 ? `<rect class="frame" fill="none" x="${x.toFixed(1)}" y="32" width="${width.toFixed(1)}" height="24"/>` : '') + '</g>';
};

const strip = (name, now, before, width) => {
  const { parts, width: used } = layout(width);
  let out = '', labelEnd = -100, nameEnd = -100;
  for (const part of parts) {
    if (part.gap && part.gap > 8) out += `<text x="${part.x - part.gap / 2}" y="48" text-anchor="middle" aria-hidden="true">⋯</text>`;
  }
  for (const area of now || []) {
    const inside = parts.filter(part => part.start < area.end && area.start < part.end);
    if (!inside.length) continue;
    const at = address => {
      const part = inside.find(part => part.start <= address && address <= part.end) || inside[0];
      return part.x + part.width * Math.min(Math.max((address - part.start) / (part.end - part.start), 0), 1);
    };
    const x0 = at(area.start), x1 = inside[inside.length - 1].end <= area.end ? inside[inside.length - 1].x + inside[inside.length - 1].width : at(area.end);
    if (x0 > labelEnd) {
      out += `<text x="${x0.toFixed(1)}" y="10">${hex(area.start)}</text>`;
      labelEnd = x0 + hex(area.start).length * 6.7 + 8;
    }
    const label = (area.permissions ? area.permissions + ' ' : '') + nameOf(area);
    const room = Math.floor((x1 - x0) / 6.7);
    const shown = label.length <= room ? label : (area.permissions && room >= 4 ? area.permissions : '');
    if (shown && x0 > nameEnd) { out += `<text class="name" x="${(x0 + 2).toFixed(1)}" y="26">${esc(shown)}</text>`; nameEnd = x0; }
    for (const part of inside) {
      const from = Math.max(part.start, area.start), to = Math.min(part.end, area.end);
      const x = at(from), w = at(to) - x, pages = Math.round((to - from) / PAGE);
      const cells = w / pages >= 5 ? pages : Math.max(1, Math.min(pages, Math.floor(w / 6)));
      for (let i = 0; i < cells; i++) {
        const a = from + Math.floor(pages * i / cells) * PAGE, b = from + Math.floor(pages * (i + 1) / cells) * PAGE;
        out += cellOf(name, now, before, area, part, a, b, x + w * i / cells, w / cells);
      }
    }
    const locked = (area.flags || '').split(' ').includes('lo');
    out += `<rect class="vma${locked ? ' locked' : ''}${x1 - x0 < 6 ? ' thin' : ''}" x="${x0.toFixed(1)}" y="14.5" width="${Math.max(x1 - x0, 2).toFixed(1)}" height="43"><title>${esc(label)}</title></rect>`;
  }
  return `<svg role="group" aria-label="Address space of ${esc(name)}" width="${used.toFixed(0)}" height="68">${out}</svg>`;
};

const figureText = (figures, before) => {
  const one = (label, key, unit) => {
    const now = figures[key], old = before ? before[key] : now;
    const change = now - old;
    const text = `${label} ${num(now)}${unit}`;
    return change ? `<b>${text} (${change > 0 ? '+' : '−'}${num(Math.abs(change))}${unit})</b>` : text;
  };
  return [one('Rss', 'rss', 'K'), one('Pss', 'pss', 'K'), one('page tables', 'pageTables', 'K'), one('VMAs', 'vmaCount', '')].join(' · ');
};
