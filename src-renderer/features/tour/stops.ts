import type { tourStrings } from '../../strings/tour.ts';

/** A stop of the tour: the page that it opens, and what it points at there. */
export interface TourStop {
  readonly id: keyof typeof tourStrings.stops;
  readonly page: string;
  /** Selector of the elements within the highlight. */
  readonly target: string;
}

/** In the order of the work. */
export const tourStops: readonly TourStop[] = [
  { id: 'data', page: 'data', target: '[data-tour="actions"]' },
  { id: 'models', page: 'models', target: '[data-tour="actions"]' },
  { id: 'train', page: 'train', target: '[data-tour="setup"]' },
  { id: 'results', page: 'runs', target: 'nav a[href="#/runs"], nav a[href="#/studies"]' },
];
