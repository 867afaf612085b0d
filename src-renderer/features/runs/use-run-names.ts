import { useMemo } from 'react';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { distinctModelNames } from '../../../src-shared/results/names.ts';
import { useRequest } from '../../api/query.ts';
import { methodLabel } from './run-labels.ts';
import { useVariantNames } from './use-variant-names.ts';

/** Display names of a run's parts; ids of deleted parts stay. */
export interface RunNames {
  variant: (run: RunRecord) => string;
  /** "LoRA + CoTo" */
  method: (run: RunRecord) => string;
  dataset: (run: RunRecord) => string;
  base: (run: RunRecord) => string;
}

export function useRunNames(): RunNames {
  const variants = useVariantNames();
  const { data: datasets } = useRequest('datasets.list', {});
  const { data: models } = useRequest('models.list', {});
  return useMemo(() => {
    const datasetNames = new Map(datasets?.map(({ id, name }) => [id, name]));
    const modelNames = distinctModelNames(models ?? []);
    return {
      variant: ({ config }) => variants.get(config.adapter.variant) ?? config.adapter.variant,
      method: ({ config }) => methodLabel(config, variants),
      dataset: ({ datasetId }) => datasetNames.get(datasetId) ?? datasetId,
      base: ({ modelId }) => modelNames.get(modelId) ?? modelId,
    };
  }, [variants, datasets, models]);
}
