import { create } from 'zustand';

/** How often the palette was asked for: the first time loads it. */
export const usePaletteRequests = create<{ requests: number }>(() => ({ requests: 0 }));

export function openPalette(): void {
  usePaletteRequests.setState(({ requests }) => ({ requests: requests + 1 }));
}
