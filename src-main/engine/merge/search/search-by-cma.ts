import type { Draws } from '../merge-method.ts';
import { CmaEs, type CmaOptions, type Evaluated } from './cma-es.ts';

export interface SearchOptions extends CmaOptions {
  /** Evaluations in all, the start among them. */
  readonly evaluations: number;
  readonly draws: Draws;
}

/**
 * Minimizes by CMA-ES and returns the best point that was evaluated: the start first, then whole generations, the last
 * one cut short by the budget.
 * @param evaluate the objective at one point; may throw to end the search
 */
export function searchByCma(
  evaluate: (point: Float64Array, index: number) => Promise<number>,
  options: SearchOptions,
): Promise<Evaluated> {
  return searchByGenerations(async (points, first) => {
    const values: number[] = [];
    for (const [place, point] of points.entries()) values.push(await evaluate(point, first + place));
    return values;
  }, options);
}

/**
 * Counterpart of `searchByCma` for objectives that are cheaper for many points together.
 * @param evaluate the objective at each of these points, of which `first` is the number of the first
 */
export async function searchByGenerations(
  evaluate: (points: readonly Float64Array[], first: number) => Promise<readonly number[]>,
  options: SearchOptions,
): Promise<Evaluated> {
  const cma = new CmaEs(options);
  const start = cma.mean.slice();
  const [given = Number.NaN] = await evaluate([start], 0);
  let best: Evaluated = { point: start, value: given };
  let done = 1;
  while (done < options.evaluations) {
    const size = Math.min(cma.population, options.evaluations - done);
    const points = Array.from({ length: size }, () => cma.ask(options.draws));
    const values = await evaluate(points, done);
    done += size;
    const generation = points.map((point, place) => ({ point, value: values[place] ?? Number.NaN }));
    for (const one of generation) if (one.value < best.value) best = one;
    if (generation.length === cma.population) cma.tell(generation);
  }
  return best;
}
