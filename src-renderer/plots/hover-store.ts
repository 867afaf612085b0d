import { create } from 'zustand';
import type { FigureHover } from '../../src-shared/figures/index.ts';

/** Where the pointer is over one of the figures that are hovered together. */
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
