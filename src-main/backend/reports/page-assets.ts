import { codeTypeface, type InlineTypeface, textTypeface, typefaceRules } from '../../../src-shared/typeface.ts';

/**
 * Follows the reader's system in light and dark; prints in black on white.
 *
 * @param typeface what is inlined
 */
export const styleSheet = (typeface: InlineTypeface): string => `
${typefaceRules(typeface)}
:root { color-scheme: light dark; --ground: #ffffff; --text: #23262b; --quiet: #5a606b; --line: #dfe2e7; --raised: #f6f7f9; }
@media (prefers-color-scheme: dark) { :root { --ground: #1a1b1e; --text: #dfe1e5; --quiet: #a6abb5; --line: #34373d; --raised: #212327; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 13px/20px ${textTypeface}; font-variant-numeric: tabular-nums; }
main { max-width: 1180px; margin: 0 auto; padding: 32px 24px; }
h1 { font-size: 20px; line-height: 28px; margin: 0 0 4px; }
h2 { font-size: 15px; line-height: 24px; margin: 32px 0 12px; }
p { margin: 8px 0; }
.quiet { color: var(--quiet); font-weight: normal; }
.note { max-width: 860px; white-space: pre-line; }
.lead { max-width: 860px; font-size: 14px; line-height: 22px; margin: 12px 0 16px; }
nav ol { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 16px 0 0; padding: 0; list-style: none; }
nav a { color: inherit; }
.findings { margin: 0 0 16px; padding-left: 20px; max-width: 860px; }
.findings li { margin: 4px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; }
caption { text-align: left; padding: 8px 0 4px; font-weight: 600; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
thead th { color: var(--quiet); font-weight: 500; }
tbody th { font-weight: normal; }
.number { text-align: right; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 24px; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; padding: 12px; min-width: 0; break-inside: avoid; }
.plot { height: 320px; }
figcaption { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0 0 16px; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: 12px/18px ${codeTypeface}; }
pre { margin: 8px 0; padding: 12px; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
details { margin: 8px 0; }
summary { cursor: pointer; }
summary:focus-visible { outline: 2px solid #4c6ef5; outline-offset: 2px; }
.samples td { white-space: pre-wrap; overflow-wrap: anywhere; vertical-align: top; }
.sample { display: block; width: 48px; height: 48px; object-fit: contain; image-rendering: pixelated; }
@media print {
  :root { --ground: #ffffff; --text: #000000; --quiet: #444444; --line: #cccccc; }
  main { max-width: none; padding: 0; }
  .lead, .note, .findings { max-width: none; }
  .scroll { overflow: visible; }
  .number { white-space: normal; }
  tbody tr > :first-child { min-width: 12em; }
  th, td { padding-right: 8px; overflow-wrap: break-word; }
  thead { display: table-header-group; }
  tr, summary { break-inside: avoid; }
  h2, caption, summary { break-after: avoid; }
  .figures { display: block; }
  figure { margin-bottom: 16px; }
  .plot { height: 400px; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; overflow: visible; }
  .configs pre { columns: 3; font-size: 11px; line-height: 15px; }
}
`;

/**
 * Prepares the page for paper, where nothing can be opened or scrolled: opens all details, and fits tables to the page. A
 * table that would be too small is split by columns, with its first column in each part. With the address `#print` the page
 * is laid out for paper at once.
 */
export const paperScript = `
(() => {
  const minZoom = 0.75;
  const closed = () => [...document.querySelectorAll('details:not([open])')];
  let opened = [];
  let parts = [];
  const columnGroups = (table, width) => {
    const [first, ...others] = [...table.rows[0].cells].map((cell) => cell.offsetWidth);
    const groups = [[]];
    let used = first;
    others.forEach((wide, at) => {
      if (used + wide > width && groups.at(-1).length > 0) {
        groups.push([]);
        used = first;
      }
      groups.at(-1).push(at + 1);
      used += wide;
    });
    return groups;
  };
  const fit = (box, table) => {
    table.style.zoom = String(Math.min(1, box.clientWidth / table.offsetWidth));
  };
  const split = (box, table) => {
    const groups = columnGroups(table, box.clientWidth / minZoom);
    for (const [at, group] of groups.entries()) {
      const part = table.cloneNode(true);
      for (const row of part.rows)
        [...row.cells].forEach((cell, column) => column > 0 && !group.includes(column) && cell.remove());
      if (part.caption) part.caption.textContent += ' (part ' + (at + 1) + ' of ' + groups.length + ')';
      box.append(part);
      parts.push(part);
      fit(box, part);
    }
    table.style.display = 'none';
  };
  const prepare = () => {
    opened = closed();
    for (const details of opened) details.open = true;
    for (const box of document.querySelectorAll('.scroll')) {
      const table = box.firstElementChild;
      if (box.clientWidth / table.offsetWidth < minZoom && table.rows.length > 0) split(box, table);
      else fit(box, table);
    }
  };
  const restore = () => {
    for (const details of opened) details.open = false;
    for (const part of parts) part.remove();
    parts = [];
    for (const table of document.querySelectorAll('.scroll > table')) {
      table.style.zoom = '';
      table.style.display = '';
    }
  };
  if (location.hash === '#print') prepare();
  else {
    window.addEventListener('beforeprint', prepare);
    window.addEventListener('afterprint', restore);
  }
})();
`;

/**
 * Draws every figure in the reader's theme, and again when the theme changes or the page is printed. With the address
 * `#print` it draws for paper. Inside another page, which lets it save nothing, the figures have no button for that.
 */
export const drawScript = `
(() => {
  const figures = JSON.parse(document.getElementById('figure-data').textContent);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const forPaper = location.hash === '#print';
  const removed = ['select2d', 'lasso2d', 'autoScale2d', ...(window.top === window ? [] : ['toImage'])];
  const draw = (isDark) => {
    for (const figure of figures) {
      const { data, layout } = structuredClone(isDark ? figure.dark : figure.light);
      layout.modebar = { bgcolor: 'rgba(0,0,0,0)', color: '#868e96', activecolor: '#4c6ef5' };
      Plotly.react(figure.id, data, layout, {
        responsive: true,
        displayModeBar: 'hover',
        displaylogo: false,
        modeBarButtonsToRemove: removed,
        toImageButtonOptions: { format: 'svg', filename: figure.id },
      });
    }
  };
  // Plotly keeps the widths of texts that it first measures.
  document.fonts.load('12px Inter', 'p = 0').catch(() => []).then(() => {
    const inTheme = () => draw(dark.matches && !forPaper);
    inTheme();
    dark.addEventListener('change', inTheme);
    if (!forPaper) {
      window.addEventListener('beforeprint', () => draw(false));
      window.addEventListener('afterprint', inTheme);
    }
    document.documentElement.dataset.drawn = 'true';
  });
})();
`;
