import type { LiveScene, Painted, PaintOrder } from './live-scene.ts';

let worker: Worker | null = null;
let count = 0;
const shown = new Map<number, HTMLCanvasElement>();

/** Starts the worker that draws, which takes a while; it serves all canvases of the window. */
export function startPainting(): Worker {
  if (worker !== null) return worker;
  worker = new Worker(new URL('./painter.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data: { id } }: MessageEvent<Painted>) => {
    const canvas = shown.get(id);
    // Said once: who asks whether curves are in sight reads it.
    if (canvas && canvas.dataset['drawn'] === undefined) canvas.dataset['drawn'] = '';
  });
  return worker;
}

/** A canvas that is drawn by the worker. */
export class LiveCanvas {
  private readonly id = ++count;
  private readonly element = document.createElement('canvas');

  /** Fills this element, which lies over the plot. */
  constructor(overlay: HTMLElement) {
    overlay.append(this.element);
    shown.set(this.id, this.element);
    const canvas = this.element.transferControlToOffscreen();
    this.send({ kind: 'add', id: this.id, canvas }, [canvas]);
  }

  paint(scene: LiveScene): void {
    this.send({ kind: 'paint', id: this.id, scene });
  }

  clear(): void {
    delete this.element.dataset['drawn'];
    this.send({ kind: 'clear', id: this.id });
  }

  dispose(): void {
    shown.delete(this.id);
    this.element.remove();
    this.send({ kind: 'remove', id: this.id });
  }

  private send(order: PaintOrder, transferred: Transferable[] = []): void {
    startPainting().postMessage(order, transferred);
  }
}
