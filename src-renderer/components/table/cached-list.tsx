import { ActionIcon, Button } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { tableStrings } from '../../strings/table.ts';
import { ErrorNote } from '../feedback/error-note.tsx';
import classes from './cached-list.module.css';

/** Model or dataset in the Hugging Face cache. */
interface CachedEntry {
  readonly path: string;
  readonly repository: string;
  readonly detail: string;
}

interface CachedListProps {
  entries: readonly CachedEntry[];
  error: Error | null;
  isScanning: boolean;
  /** True while an entry is being added. */
  pending: boolean;
  onScan: () => void;
  onAdd: (path: string) => void;
}

/**
 * Lists Hugging Face cache entries that can be added, below the list of added ones; renders nothing if there are none.
 */
export function CachedList({ entries, error, isScanning, pending, onScan, onAdd }: CachedListProps) {
  const words = tableStrings.cached;
  if (error)
    return (
      <div className={classes['note']}>
        <ErrorNote error={error} action={{ label: words.tryAgain, onClick: onScan }} />
      </div>
    );
  if (entries.length === 0) return null;
  return (
    <section className={classes['section']} aria-label={words.title}>
      <header className={classes['sectionHead']}>
        <h2 className={classes['sectionTitle']}>{words.title}</h2>
        <ActionIcon variant="subtle" aria-label={words.scan} loading={isScanning} onClick={onScan}>
          <IconRefresh size={16} />
        </ActionIcon>
      </header>
      {entries.map(({ path, repository, detail }) => (
        <div key={path} className={classes['cached']} title={path}>
          <div>
            <div className={classes['cachedName']}>{repository}</div>
            <div className={classes['cachedDetail']}>{detail}</div>
          </div>
          <Button
            variant="default"
            disabled={pending}
            aria-label={words.addOne(repository, detail)}
            onClick={() => onAdd(path)}
          >
            {words.add}
          </Button>
        </div>
      ))}
    </section>
  );
}
