import { z } from 'zod';
import { mergeWeightSchema } from '../../../src-shared/domain/merging/merge.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';

const benchStateSchema = z.object({
  bench: z.array(z.object({ adapterId: z.string(), weight: mergeWeightSchema, locked: z.boolean() })).readonly(),
  method: z.string(),
  // Versions before American spelling in identifiers kept "normalise".
  parameters: parameterValuesSchema.transform(({ normalise, ...others }) =>
    normalise === undefined ? others : { ...others, normalize: normalise },
  ),
  name: z.string(),
  /** Test examples a task; 0 takes all. */
  evalSamples: z.number().int().min(0),
  /** Training examples a task, for methods that look at data. */
  tuningSamples: z.number().int().min(1).default(64),
  /** True if placebos are scored next to the merge. */
  placebos: z.boolean().default(false),
  /** Datasets that are scored besides those of the adapters. */
  datasets: z.array(z.string()).readonly().default([]),
  /** The last merge that was started here, and the last λ or merging study. */
  mergeJobId: z.string().nullable(),
  studyId: z.string().nullable(),
});
export type BenchState = Readonly<z.infer<typeof benchStateSchema>>;

export const emptyBench: BenchState = {
  bench: [],
  method: 'factor-average',
  parameters: {},
  name: '',
  evalSamples: 500,
  tuningSamples: 64,
  placebos: false,
  datasets: [],
  mergeJobId: null,
  studyId: null,
};

const place = 'coto-merge-bench';

/** Restores the merge bench of the last session; empty if nothing readable was stored. */
export function recallBench(storage: Pick<Storage, 'getItem'> | null): BenchState {
  try {
    const read = benchStateSchema.safeParse(JSON.parse(storage?.getItem(place) ?? 'null'));
    return read.success ? read.data : emptyBench;
  } catch {
    return emptyBench;
  }
}

export function rememberBench(storage: Pick<Storage, 'setItem'> | null, state: BenchState): void {
  storage?.setItem(place, JSON.stringify(state));
}
