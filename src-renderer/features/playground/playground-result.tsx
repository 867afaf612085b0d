import { Text } from '@mantine/core';
import { type JobRecord, resultOf } from '../../../src-shared/domain/job.ts';
import { useRequest } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { withAnswer } from './draft.ts';
import classes from './playground.module.css';
import { changeDraft, usePlayground } from './playground-store.ts';
import { TextColumn } from './text-column.tsx';

/** The texts that were last asked for, side by side. */
export function PlaygroundResult({ job, waitsFor }: { job: JobRecord | undefined; waitsFor: JobRecord | undefined }) {
  const { draft, asked, columns } = usePlayground();
  const isOver = job !== undefined && job.status !== 'queued' && job.status !== 'running';
  const answer = useRequest('jobs.result', { id: asked?.jobId ?? '' }, { enabled: asked !== null && isOver }).data;
  const written = answer && resultOf(answer, 'generate');
  if (asked === null)
    return (
      <EmptyState>
        Enter a prompt and press Generate: the base and its adapters continue it here, side by side.
      </EmptyState>
    );
  const { prompt } = asked.request;
  return (
    <>
      {job?.status === 'queued' ? (
        <Text size="sm" c="dimmed" role="status">
          {waitsFor ? `Waiting for "${waitsFor.title}". Pause it to generate now.` : 'Starting'}
        </Text>
      ) : null}
      {job?.error ? <ErrorNote error={job.error} /> : null}
      <div className={classes['columns']}>
        {asked.names.map((name, index) => {
          const finished = written?.columns[index];
          const text = finished?.text ?? columns[index]?.text ?? '';
          return (
            <TextColumn
              key={index}
              name={name}
              prompt={prompt}
              text={text}
              rates={finished ?? columns[index]?.rates ?? null}
              finish={finished?.finish ?? (job?.status === 'cancelled' ? 'cancelled' : null)}
              {...(finished && prompt.kind === 'chat'
                ? { onGoOn: () => changeDraft({ messages: withAnswer(draft.messages, text) }) }
                : {})}
            />
          );
        })}
      </div>
    </>
  );
}
