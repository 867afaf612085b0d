import type { MaskEvaluator, MaskProgress } from '../../adapters/model/mask-evaluator.ts';
import { batchScore } from '../batch-objective.ts';
import type { TuningExamples } from '../tuning-examples.ts';
import type { MaskedModel } from './masked-model.ts';

/** Scores of an adapter's modules on tuning examples: accuracy of classes, else the negative mean loss. */
export class TuningMasks implements MaskEvaluator {
  private readonly model: MaskedModel;
  private readonly examples: TuningExamples;
  private readonly known = new Map<string, number>();

  /** @param model the caller disposes it */
  constructor(model: MaskedModel, examples: TuningExamples) {
    this.model = model;
    this.examples = examples;
  }

  async score(sets: readonly ReadonlySet<string>[], progress: MaskProgress = async () => {}): Promise<number[]> {
    const keys = sets.map((on) => this.model.flagsOf(on));
    const missing = new Map(sets.flatMap((on, place) => this.missing(keys[place] ?? '', on)));
    const asked = [...missing];
    const order = this.model.inTreeOrder([...missing.values()]);
    const totals = new Float64Array(asked.length);
    const steps = asked.length * this.examples.batchCount;
    let [counted, done] = [0, 0];
    if (asked.length > 0)
      for await (const batch of this.examples.batches()) {
        const labels = batch.loss.counted();
        counted += labels;
        try {
          for (const place of order) {
            this.model.show(asked[place]?.[1] ?? new Set());
            totals[place] = (totals[place] ?? 0) + labels * (await batchScore(this.model, batch));
            await progress(++done, steps);
          }
        } finally {
          this.model.endBatch();
        }
      }
    for (const [place, [key]] of asked.entries()) this.known.set(key, (totals[place] ?? 0) / Math.max(1, counted));
    return keys.map((key) => this.known.get(key) ?? Number.NaN);
  }

  private missing(key: string, on: ReadonlySet<string>): [string, ReadonlySet<string>][] {
    return this.known.has(key) ? [] : [[key, on]];
  }
}
