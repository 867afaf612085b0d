import { useMemo } from 'react';
import { catalogWords } from '../../../src-shared/studies/config/catalog-words.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { useRequest } from '../../api/query.ts';

/** Returns display names for the ids in studies: methods, settings, adapters, datasets and bases. */
export function useStudyWords(): StudyWords {
  const { data: catalog } = useRequest('app.catalog', {});
  const { data: adapters } = useRequest('adapters.list', {});
  const { data: runs } = useRequest('runs.list', { archived: false });
  const { data: datasets } = useRequest('datasets.list', {});
  const { data: models } = useRequest('models.list', {});
  return useMemo(() => {
    const adapterNames = namesById([...(adapters ?? []), ...(runs ?? [])]);
    const recordNames = namesById([...(datasets ?? []), ...(models ?? [])]);
    return {
      ...catalogWords(catalog ?? { adapterVariants: [], mergeMethods: [], pruneMethods: [] }),
      adapterName(adapter) {
        if ('run' in adapter) return adapter.name ?? null;
        return adapterNames.get('adapterId' in adapter ? adapter.adapterId : adapter.runId) ?? null;
      },
      recordName: (id) => recordNames.get(id) ?? id,
    };
  }, [catalog, adapters, runs, datasets, models]);
}

function namesById(records: readonly { readonly id: string; readonly name: string }[]): ReadonlyMap<string, string> {
  return new Map(records.map(({ id, name }) => [id, name]));
}
