import { startPainting } from './live/live-canvas.ts';

/**
 * Loads the drawing of figures and draws one out of sight: the code runs for the first time while nothing else is to do, so
 * that the first figure of a page takes half the time.
 */
export async function warmUpFigures(): Promise<void> {
  startPainting();
  const { default: plotly } = await import('./plotly-bundle.ts');
  const holder = document.createElement('div');
  holder.ariaHidden = 'true';
  holder.style.cssText = 'position: fixed; left: -1000px; width: 400px; height: 200px; visibility: hidden';
  document.body.append(holder);
  try {
    const values = [0, 1, 2];
    await plotly.newPlot(
      holder,
      [
        { type: 'scatter', x: values, y: values },
        { type: 'bar', x: values, y: values },
      ],
      { width: 400, height: 200, xaxis: { automargin: true, title: { text: 'x' } }, yaxis: { automargin: true } },
      { displayModeBar: false },
    );
  } finally {
    plotly.purge(holder);
    holder.remove();
  }
}
