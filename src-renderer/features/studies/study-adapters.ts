import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyAdapter } from '../../../src-shared/studies/define-study.ts';

/**
 * Adapters as studies are made of them. Adapters that differ only in their seed, judged by their records, are one
 * group: same variant, rank, targets, data and CoTo. Adapters with a missing base cannot be scored and are left out.
 * Adapters from elsewhere have an unknown seed, which counts as 0.
 */
export function studyAdapters(
  adapters: readonly AdapterRecord[],
  runs: readonly RunRecord[],
  variants: ReadonlyMap<string, string>,
): StudyAdapter[] {
  return adapters.flatMap((adapter) => {
    const { id, name, variant, parameters, targetModules, datasetId, modelId, origin } = adapter;
    if (modelId === null) return [];
    const coto = adapter.coto !== null;
    const label = variants.get(variant) ?? variant;
    const alike = [variant, rankText(parameters), targetModules, coto];
    const run = origin.kind === 'run' ? runs.find((one) => one.id === origin.runId) : undefined;
    return {
      id,
      name,
      label: coto ? `${label} + CoTo` : label,
      group: JSON.stringify([...alike, datasetId]),
      family: JSON.stringify(alike),
      coto,
      seed: run?.config.seed ?? 0,
      modelId,
      datasetId,
    };
  });
}
