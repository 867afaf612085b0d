import { CmaEs, type CmaOptions, type Evaluated } from './cma-es.ts';
import type { Draws } from './merge-method.ts';

export interface SearchOptions extends CmaOptions {
  /** Evaluations in all, the start among them. */
  readonly evaluations: number;
  readonly draws: Draws;
}

/**
 * Minimizes by CMA-ES and returns the best point that was evaluated: the start first, then whole generations, the last
 * one cut short by the budget.
 * @param evaluate the objective; may throw to end the search
 */
export async function searchByCma(
  evaluate: (point: Float64Array, index: number) => Promise<number>,
  options: SearchOptions,
): Promise<Evaluated> {
  const cma = new CmaEs(options);
  const start = cma.mean.slice();
  let best: Evaluated = { point: start, value: await evaluate(start, 0) };
  let done = 1;
  while (done < options.evaluations) {
    const generation: Evaluated[] = [];
    while (generation.length < cma.population && done < options.evaluations) {
      const point = cma.ask(options.draws);
      const value = await evaluate(point, done++);
      generation.push({ point, value });
      if (value < best.value) best = { point, value };
    }
    if (generation.length === cma.population) cma.tell(generation);
  }
  return best;
}
