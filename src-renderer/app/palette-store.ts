import { create } from 'zustand';

/** Number of requests for the palette: the first one loads it. */
export const usePaletteRequests = create<{ requests: number }>(() => ({ requests: 0 }));

export function openPalette(): void {
  usePaletteRequests.setState(({ requests }) => ({ requests: requests + 1 }));
}
