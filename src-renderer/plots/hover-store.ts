import { create } from 'zustand';
import type { FigureHover } from '../../src-shared/figures/index.ts';

/** Pointer position in a group of figures that share their hover. */
export interface HoverPlace {
  readonly group: string;
  readonly axis: FigureHover;
  readonly x: number;
}

/** One pointer, so one place; null while it is over none of them. */
export const useHoverStore = create<{ place: HoverPlace | null }>(() => ({ place: null }));

export function setHoverPlace(place: HoverPlace | null): void {
  useHoverStore.setState({ place });
}
