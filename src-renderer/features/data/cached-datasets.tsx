import { useRequest } from '../../api/query.ts';
import { formatBytes } from '../../components/format/format.ts';
import { CachedList } from '../../components/table/cached-list.tsx';

interface CachedDatasetsProps {
  /** Folders of the datasets that the studio has already, or that are being imported. */
  known: ReadonlySet<string>;
  pending: boolean;
  onAdd: (path: string) => void;
}

/** Lists datasets in the local Hugging Face cache that are not yet added; renders nothing if there are none. */
export function CachedDatasets({ known, pending, onAdd }: CachedDatasetsProps) {
  const cached = useRequest('datasets.cached', {});
  const entries = (cached.data ?? []).filter(({ path }) => !known.has(path));
  return (
    <CachedList
      entries={entries.map(({ path, repository, configuration, bytes }) => ({
        ...{ path, repository },
        detail: [configuration, formatBytes(bytes)].join(' · '),
      }))}
      error={cached.error}
      isScanning={cached.isFetching}
      pending={pending}
      onScan={() => void cached.refetch()}
      onAdd={onAdd}
    />
  );
}
