import { useComputedColorScheme } from '@mantine/core';
import { useCallback } from 'react';
import { type AdapterRecord, baseNameOf } from '../../../src-shared/domain/adapters/adapter.ts';
import { useRequest } from '../../api/query.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import type { AdapterNames } from './adapter-card.tsx';
import { baseHue } from './bench.ts';

/** Names and the base's color of an adapter, from the lists that hold them. */
export function useAdapterNames(): (adapter: AdapterRecord) => AdapterNames {
  const models = useRequest('models.list', {}).data;
  const datasets = useRequest('datasets.list', {}).data;
  const variants = useVariantNames();
  const dark = useComputedColorScheme('light') === 'dark';
  return useCallback(
    (adapter) => {
      const model = models?.find((candidate) => candidate.id === adapter.modelId);
      const hue = baseHue(model?.description.fingerprint ?? baseNameOf(adapter));
      return {
        model: model?.name ?? adapter.modelId ?? `${baseNameOf(adapter)} (not in the studio)`,
        dataset: datasets?.find((candidate) => candidate.id === adapter.datasetId)?.name ?? adapter.datasetId,
        variant: variants.get(adapter.variant) ?? adapter.variant,
        baseColor: `hsl(${hue} 55% ${dark ? 62 : 42}%)`,
      };
    },
    [models, datasets, variants, dark],
  );
}
