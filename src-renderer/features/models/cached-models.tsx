import { ActionIcon, Button } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import type { CachedModel } from '../../../src-shared/domain/hub.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatBytes } from '../../components/format/format.ts';
import classes from './models.module.css';

interface CachedModelsProps {
  /** Folders of the models that the studio has already. */
  known: ReadonlySet<string>;
  pending: boolean;
  onAdd: (path: string) => void;
}

/** What lies in the Hugging Face cache of this machine and is no model of the studio yet; nothing where there is none. */
export function CachedModels({ known, pending, onAdd }: CachedModelsProps) {
  const cached = useRequest('models.cached', {});
  const found = (cached.data ?? []).filter(({ path }) => !known.has(path));
  if (cached.error)
    return (
      <div className={classes['note']}>
        <ErrorNote error={cached.error} action={{ label: 'Try again', onClick: () => void cached.refetch() }} />
      </div>
    );
  if (found.length === 0) return null;
  return (
    <section className={classes['section']} aria-label="Found in the Hugging Face cache">
      <header className={classes['sectionHead']}>
        <h2 className={classes['sectionTitle']}>Found in the Hugging Face cache</h2>
        <ActionIcon
          variant="subtle"
          aria-label="Rescan the cache"
          loading={cached.isFetching}
          onClick={() => void cached.refetch()}
        >
          <IconRefresh size={16} />
        </ActionIcon>
      </header>
      {found.map((model) => (
        <div key={model.path} className={classes['cached']} title={model.path}>
          <div>
            <div className={classes['cachedName']}>{model.repository}</div>
            <div className={classes['cachedDetail']}>{detailOf(model)}</div>
          </div>
          <Button
            variant="default"
            disabled={pending}
            aria-label={`Add ${model.repository}`}
            onClick={() => onAdd(model.path)}
          >
            Add
          </Button>
        </div>
      ))}
    </section>
  );
}

function detailOf({ kind, modelType, bytes, revision, path }: CachedModel): string {
  const what = kind === 'gguf' ? (path.split(/[\\/]/).at(-1) ?? path) : (modelType ?? 'unknown kind');
  return [what, formatBytes(bytes), ...(revision === 'main' ? [] : [revision])].join(' · ');
}
