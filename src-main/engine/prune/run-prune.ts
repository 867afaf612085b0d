import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { AdapterState } from '../adapters/state.ts';
import { BaseWeights } from '../merge/base-weights.ts';
import type { MergeBase } from '../merge/run-merge.ts';
import type { PruneContext, Pruned, PruneMethod } from './prune-method.ts';

export interface PruneRequest {
  readonly method: PruneMethod;
  readonly parameters: ParameterValues;
  /** The base of the adapter. Its folder is opened only if the method reads a weight. */
  readonly base: MergeBase;
  readonly progress?: PruneContext['progress'];
}

/** Prunes an adapter; `state` is not changed. */
export async function runPrune(
  { method, parameters, base, progress = async () => {} }: PruneRequest,
  state: AdapterState,
): Promise<Pruned> {
  const weights = new BaseWeights(base);
  try {
    return await method.prune(state, base.description, parameters, {
      baseWeight: (name) => weights.read(name),
      progress,
    });
  } finally {
    await weights.close();
  }
}
