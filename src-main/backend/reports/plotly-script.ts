import { fileURLToPath } from 'node:url';
import { besideArchive } from '../../archive/beside-archive.ts';

/** Path of the built script that draws a report's figures, relative to the built backend or to the sources. */
export function defaultPlotlyScript(): string {
  const built = !import.meta.url.endsWith('.ts');
  const script = new URL(built ? '../report/plotly.min.js' : '../../../dist/report/plotly.min.js', import.meta.url);
  return besideArchive(fileURLToPath(script));
}
