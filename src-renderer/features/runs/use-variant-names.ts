import { useMemo } from 'react';
import { useRequest } from '../../api/query.ts';

/** Label of every adapter variant of the catalog, by its id. */
export function useVariantNames(): ReadonlyMap<string, string> {
  const { data } = useRequest('app.catalog', {});
  return useMemo(() => new Map(data?.adapterVariants.map(({ id, label }) => [id, label])), [data]);
}
