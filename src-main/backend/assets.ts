import { fileURLToPath } from 'node:url';

/** Path of the built script that draws a report's figures, relative to the built backend or to the sources. */
export function defaultPlotlyScript(): string {
  const built = !import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(built ? '../report/plotly.min.js' : '../../dist/report/plotly.min.js', import.meta.url));
}
