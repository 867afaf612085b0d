import { fileURLToPath } from 'node:url';

/** Where the build places the script that draws a report's figures: seen from the built backend, or from the sources. */
export function defaultPlotlyScript(): string {
  const built = !import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(built ? '../report/plotly.min.js' : '../../dist/report/plotly.min.js', import.meta.url));
}
