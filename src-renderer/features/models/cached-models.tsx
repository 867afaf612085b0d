import type { CachedModel } from '../../../src-shared/domain/models/hub.ts';
import { useRequest } from '../../api/query.ts';
import { fileName } from '../../components/format/file-name.ts';
import { formatBytes } from '../../components/format/format.ts';
import { CachedList } from '../../components/table/cached-list.tsx';

interface CachedModelsProps {
  /** Folders of the models that the studio has already. */
  known: ReadonlySet<string>;
  pending: boolean;
  onAdd: (path: string) => void;
}

/** Lists models in the local Hugging Face cache that are not yet added; renders nothing if there are none. */
export function CachedModels({ known, pending, onAdd }: CachedModelsProps) {
  const cached = useRequest('models.cached', {});
  const entries = (cached.data ?? []).filter(({ path }) => !known.has(path));
  return (
    <CachedList
      entries={entries.map((model) => ({ ...model, detail: detailOf(model) }))}
      error={cached.error}
      isScanning={cached.isFetching}
      pending={pending}
      onScan={() => void cached.refetch()}
      onAdd={onAdd}
    />
  );
}

function detailOf({ kind, modelType, bytes, revision, path }: CachedModel): string {
  const what = kind === 'gguf' ? fileName(path) : (modelType ?? 'unknown kind');
  return [what, formatBytes(bytes), ...(revision === 'main' ? [] : [revision])].join(' · ');
}
