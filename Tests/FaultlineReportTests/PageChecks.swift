/// What a browser is asked of a page: scripts that are put into a copy of it. They leave their findings in the document.
enum PageChecks {
    /// Stands before everything else: keeps what goes wrong.
    static let listener = """
        <script>
        window.problems = [];
        addEventListener('error', event => window.problems.push('error: ' + event.message));
        addEventListener('unhandledrejection', event => window.problems.push('rejection: ' + event.reason));
        for (const kind of ['error', 'warn']) console[kind] = (...all) => window.problems.push(kind + ': ' + all.join(' '));
        </script>
        """

    /// Stands before the walkers: contrast and names, of any page.
    static let tools = """
        <script>
        const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
        const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
        const backOf = element => {
          if (element.closest('.cell')) {
            const rects = [...element.closest('.cell').querySelectorAll('rect')].filter(rect => getComputedStyle(rect).fill !== 'none');
            return rgb(getComputedStyle(rects[rects.length - 1]).fill);
          }
          for (let node = element; node; node = node.parentElement) {
            const color = getComputedStyle(node).backgroundColor, parts = rgb(color);
            if (parts.length && (parts.length < 4 || parts[3] > .99)) return parts;
          }
          return [255, 255, 255];
        };
        const contrast = theme => {
          document.documentElement.dataset.theme = theme;
          const bad = [];
          let count = 0;
          for (const element of document.querySelectorAll('body *')) {
            const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
            if (!hasText || /^(SCRIPT|STYLE|NOSCRIPT|TITLE|title)$/.test(element.tagName) || element.closest('noscript') || !element.getClientRects().length) continue;
            const style = getComputedStyle(element), front = rgb(element instanceof SVGElement ? style.fill : style.color);
            const value = ratio(front, backOf(element));
            count++;
            if (value < 4.5) bad.push(theme + ' ' + value.toFixed(2) + ' ' + element.tagName + ' ' + element.textContent.trim().slice(0, 40));
          }
          return { bad, count, paper: getComputedStyle(document.body).backgroundColor };
        };
        const nameOfElement = element => {
          const by = element.getAttribute('aria-labelledby');
          return (element.getAttribute('aria-label') || (by && document.getElementById(by).textContent) || element.textContent).trim();
        };
        const names = () => {
          const bad = [];
          for (const element of document.querySelectorAll('button, input, a, summary, [role], [tabindex], section, table')) {
            const name = element.tagName === 'TABLE' ? (element.caption ? element.caption.textContent : '') : nameOfElement(element);
            if (!name && element.getAttribute('role') !== 'status') bad.push('no name: ' + element.outerHTML.slice(0, 80));
          }
          for (const svg of document.querySelectorAll('svg')) if (!svg.getAttribute('role') || !svg.getAttribute('aria-label')) bad.push('svg without role and name');
          const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
          for (const id of new Set(ids)) if (ids.filter(other => other === id).length > 1) bad.push('id twice: ' + id);
          let level = 0;
          for (const heading of document.querySelectorAll('h1, h2, h3')) {
            const next = Number(heading.tagName[1]);
            if (next > level + 1) bad.push('heading skips a level: ' + heading.textContent);
            level = next;
          }
          for (const th of document.querySelectorAll('th')) if (!th.getAttribute('scope')) bad.push('th without scope');
          for (const box of document.querySelectorAll('.chain, .chain .box')) if (box.scrollWidth > box.clientWidth + 1) bad.push('text is cut: ' + box.textContent.slice(0, 60));
          if (!document.documentElement.lang) bad.push('no language');
          if (document.querySelectorAll('#spaces svg').length && document.querySelectorAll('#spaces .cell[tabindex="0"]').length !== 1) bad.push('not one cell to tab to');
          return bad;
        };
        const report = result => {
          result.problems = window.problems;
          const out = document.createElement('pre');
          out.id = 'found';
          out.textContent = encodeURIComponent(JSON.stringify(result));
          document.body.append(out);
        };
        </script>
        """

    /// Stands at the end of a page without a script.
    static let looker = """
        <script>
        addEventListener('load', () => report({ themes: [contrast('light'), contrast('dark')], names: names(),
          overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth }));
        </script>
        """

    /// Stands at the end: walks through the page and reports.
    static let walker = """
        <script>
        const press = (key, target = document.body) => target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        const read = () => {
          document.getElementById('numbers-now').open = true;
          drawNumbers();
          const figures = {}, cells = {};
          for (const cell of document.querySelectorAll('#numbers-now td[data-process]')) {
            (figures[cell.dataset.process] ??= {})[cell.dataset.figure] = Number(cell.textContent.replaceAll(',', ''));
          }
          for (const cell of document.querySelectorAll('#spaces .cell')) {
            const kinds = cells[cell.dataset.process] ??= {}, kind = cell.dataset.kind || 'absent';
            kinds[kind] = (kinds[kind] || 0) + 1;
          }
          const free = document.querySelector('#numbers-now td[data-machine="freeKiB"]').textContent;
          return { figures, cells, freeKiB: Number(free.replaceAll(',', '')), status: document.getElementById('status').textContent, hash: location.hash,
            current: document.querySelectorAll('#lines [aria-current]').length };
        };
        const keyboard = () => {
          press('End');
          const end = read().status;
          press('Home');
          const start = read().status;
          press('ArrowRight'); press('ArrowRight'); press('ArrowLeft');
          const back = read().status;
          press('End');
          press('ArrowLeft'); press('ArrowLeft'); press('ArrowLeft');
          const cell = document.querySelector('#spaces .cell[tabindex="0"]');
          cell.focus();
          const detail = document.getElementById('detail').textContent;
          press('Home', document.activeElement);
          const first = document.activeElement.dataset.address;
          press('ArrowRight', document.activeElement);
          const second = document.activeElement.dataset.address;
          press('Enter', document.activeElement);
          return { end, start, back, detail, first, second, chosen: location.hash,
            pressed: document.querySelectorAll('#spaces .cell[aria-pressed="true"]').length, chain: document.querySelectorAll('#chains .chain').length };
        };
        addEventListener('load', () => {
          const result = { opened: read(), stops: [] };
          press('Home');
          for (let i = 0; i < stops.length; i++) { result.stops.push(read()); press('ArrowRight'); }
          result.keyboard = keyboard();
          document.getElementById('numbers-all').open = true;
          drawNumbers();
          result.themes = [contrast('light'), contrast('dark')];
          result.names = names();
          result.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
          result.requests = performance.getEntriesByType('resource').map(entry => entry.name);
          report(result);
        });
        </script>
        """
}
