import { drawLive } from './draw-live.ts';
import type { Painted, PaintOrder } from './live-scene.ts';

/** A worker that draws on the window's canvases, so that no redraw takes time from the window. */
const canvases = new Map<number, OffscreenCanvas>();

addEventListener('message', ({ data: order }: MessageEvent<PaintOrder>) => {
  if (order.kind === 'add') {
    canvases.set(order.id, order.canvas);
    return;
  }
  const canvas = canvases.get(order.id);
  const context = canvas?.getContext('2d');
  if (order.kind === 'remove') canvases.delete(order.id);
  if (!canvas || !context) return;
  if (order.kind !== 'paint') {
    context.clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  const { width, height, scale } = order.scene;
  const pixels = { width: Math.round(width * scale), height: Math.round(height * scale) };
  // Setting a size clears the canvas and takes its memory again.
  if (canvas.width !== pixels.width) canvas.width = pixels.width;
  if (canvas.height !== pixels.height) canvas.height = pixels.height;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  drawLive(context, order.scene);
  const painted: Painted = { id: order.id };
  postMessage(painted);
});
