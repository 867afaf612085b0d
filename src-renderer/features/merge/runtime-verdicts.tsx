import { Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { type RuntimeVerdict, verdictWords } from '../../../src-shared/domain/app/runtime.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ListSkeleton } from '../../components/feedback/list-skeleton.tsx';
import classes from './merge.module.css';

const marks: Record<RuntimeVerdict['verdict'], { sign: string; look: 'ok' | 'warning' | 'refused' }> = {
  yes: { sign: '✓', look: 'ok' },
  converted: { sign: '✓', look: 'warning' },
  no: { sign: '✗', look: 'refused' },
};

/** Lists whether vLLM, llama.cpp and other programs load the adapter, with the reason and a suitable export. */
export function RuntimeVerdicts({ adapter }: { adapter: Pick<AdapterRecord, 'id'> }) {
  const contents = useRequest('adapters.contents', { id: adapter.id });
  const targets = useRequest('app.catalog', {}).data?.exportTargets ?? [];
  if (contents.error) return <ErrorNote error={contents.error} />;
  if (!contents.data) return <ListSkeleton />;
  return (
    <ul className={classes['lines']} aria-label="Programs that load the adapter">
      {contents.data.runtimes.map(({ id, label, verdict, message, remedy, source }) => {
        const target = targets.find((one) => one.id === remedy?.target);
        const { sign, look } = marks[verdict];
        return (
          <li key={id} className={classes['line']} data-verdict={look}>
            <span
              className={classes['verdict']}
              data-verdict={look}
              role="img"
              aria-label={`${label}: ${verdictWords[verdict]}`}
            >
              {sign}
            </span>
            <div style={{ flex: 1 }}>
              <Text size="sm">
                <b>{label}</b>: {verdictWords[verdict]}
              </Text>
              <Text size="sm">{message}</Text>
              <Text size="xs" c="dimmed">
                {target ? `Export as › ${target.label}. ` : ''}By {source}.
              </Text>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
