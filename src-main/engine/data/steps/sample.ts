import { uniform } from '../text/split.ts';
import type { StepWork } from './step.ts';

/** Keeps so many training rows, or all where there are fewer, drawn by the seed; test rows stay. */
export function sample(rows: number, seed: number): StepWork {
  const drawn: number[] = [];
  let limit: number | null = null;
  // Rows of equal numbers, of 32 bits each, are told apart by their places.
  const rank = (place: number): number => uniform(seed, place) + (place % 2 ** 20) * 2 ** -52;
  return {
    survey(row) {
      if (row.kind === 'example' && row.example.split === 'train') drawn.push(rank(drawn.length));
    },
    begin() {
      limit ??= drawn.length <= rows ? Number.POSITIVE_INFINITY : (drawn.sort((one, other) => one - other)[rows] ?? 0);
      const below = limit;
      let place = 0;
      return (row) => (row.kind !== 'example' || row.example.split === 'test' || rank(place++) < below ? row : null);
    },
  };
}
