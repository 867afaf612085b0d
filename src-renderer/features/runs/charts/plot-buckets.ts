import { useSyncExternalStore } from 'react';

/** More than this no screen shows; fewer than this make a coarse curve. */
const least = 256;
const most = 4096;

/** Points for a curve that is drawn `pixels` wide: the power of two above, so that dragging a window's edge asks seldom. */
export function bucketsFor(pixels: number): number {
  return Math.min(most, Math.max(least, 2 ** Math.ceil(Math.log2(Math.max(1, pixels)))));
}

/** Points for a curve in a figure that takes this share of the window's width. */
export function usePlotBuckets(share: number): number {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('resize', listener);
      return () => window.removeEventListener('resize', listener);
    },
    () => bucketsFor(window.innerWidth * share),
  );
}
