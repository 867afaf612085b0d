/** Files of the window (vite.config.ts) that draw a report's figures. */
const scripts = ['report/plotly.js', 'report/draw.js'];

/**
 * A report's page for a sandboxed frame. It has no script of its own: the frame inherits the window's content policy, which
 * runs only files of the window, and those draw the figures. A frame without an origin needs their full address.
 *
 * @param page as `reports.page` gives it
 * @param base address of the window
 */
export function frameDocument(page: string, base: string): string {
  const tags = scripts.map((path) => `<script src="${new URL(path, base).href}"></script>`).join('');
  const end = page.lastIndexOf('</body>');
  return end < 0 ? page : `${page.slice(0, end)}${tags}${page.slice(end)}`;
}
