import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { BaseWeights } from '../merge/run/base-weights.ts';
import type { MergeBase } from '../merge/run/run-merge.ts';
import type { PruneContext, PruneData, Pruned, PruneMethod } from './prune-method.ts';

export interface PruneRequest {
  readonly method: PruneMethod;
  readonly parameters: ParameterValues;
  /** The base of the adapter. Its folder is opened only if the method reads a weight. */
  readonly base: MergeBase;
  readonly progress?: PruneContext['progress'];
  /** Examples for methods that declare `data`; null: there are none. The caller closes what it opened. */
  readonly data?: CalibrationSource | null;
}

/** Opens a seeded sample of training examples with the adapter on its base. */
export type CalibrationSource = (
  state: AdapterState,
  sample: { readonly samples: number; readonly seed: number },
) => Promise<PruneData & { close(): void }>;

/** Prunes an adapter; `state` is not changed. */
export async function runPrune(
  { method, parameters, base, progress = async () => {}, data: source = null }: PruneRequest,
  state: AdapterState,
): Promise<Pruned> {
  const weights = new BaseWeights(base);
  const { declaration } = method;
  const opened: Promise<PruneData & { close(): void }>[] = [];
  const open = async () => {
    if (source === null) throw needsExamples(declaration.label);
    const { calibration_samples: samples, seed } = checkedParameters(declaration, parameters);
    return source(state, { samples: Number(samples), seed: Number(seed) });
  };
  try {
    return await method.prune(state, base.description, parameters, {
      baseWeight: (name) => weights.read(name),
      data() {
        const known = opened[0] ?? open();
        opened[0] = known;
        return known;
      },
      progress,
    });
  } finally {
    await weights.close();
    for (const data of opened) (await data.catch(() => null))?.close();
  }
}

/** The refusal of a method that runs the adapter where there are no examples, or no base to run it on. */
export function needsExamples(label: string): StudioError {
  return new StudioError(
    'refused',
    `${label} runs the adapter on examples, which needs its base in the studio and a dataset.`,
    'Add the base model and choose a dataset, or prune by a method that looks at the adapter alone.',
  ).at('dataset');
}
