import { create } from 'zustand';

interface TourState {
  /** Index of the stop; null: there is no tour. */
  readonly at: number | null;
  /** Path that was shown before the tour. */
  readonly from: string;
}

export const useTour = create<TourState>(() => ({ at: null, from: '/home' }));

/** @param from path to go back to at the end */
export function startTour(from: string): void {
  useTour.setState(({ at }) => (at === null ? { at: 0, from } : {}));
}

export function goToStop(at: number): void {
  useTour.setState({ at });
}

export function endTour(): void {
  useTour.setState({ at: null });
}
