import { Button, Skeleton } from '@mantine/core';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import classes from '../../features/playground/playground.module.css';
import { PlaygroundForm } from '../../features/playground/playground-form.tsx';
import { PlaygroundResult } from '../../features/playground/playground-result.tsx';
import { usePlayground } from '../../features/playground/playground-store.ts';

/** A language model and its adapters, tried on one prompt side by side. */
export default function PlaygroundPage() {
  const models = useRequest('models.list', {});
  const adapters = useRequest('adapters.list', {});
  const catalog = useRequest('app.catalog', {});
  const active = useRequest('jobs.list', {});
  const { asked } = usePlayground();
  const { data: job } = useRequest('jobs.get', { id: asked?.jobId ?? '' }, { enabled: asked !== null });
  const cancel = useAction('jobs.cancel', { failureTitle: 'The generation was not stopped' });
  const writers = models.data?.filter(({ description }) => description.kind === 'causal-lm');
  const isWriting = job?.status === 'queued' || job?.status === 'running';
  return (
    <Page title="Playground" state={writers ? plural(writers.length, 'language model') : ''} fill>
      {models.error ? <ErrorNote error={models.error} /> : null}
      {writers?.length === 0 ? (
        <EmptyState action={<Button onClick={() => navigate('/models')}>Add a model</Button>}>
          Chat with a model and its adapters side by side. Add a language model, with its tokenizer, to start.
        </EmptyState>
      ) : (
        <SplitPanel
          name="playground"
          initial={360}
          minimum={300}
          minimumRight={440}
          left={
            writers ? (
              <PlaygroundForm
                models={writers}
                adapters={adapters.data?.filter(({ archived }) => !archived) ?? []}
                catalog={catalog.data}
                isWriting={isWriting}
                onStop={() => asked && cancel.mutate({ id: asked.jobId })}
              />
            ) : (
              <Skeleton h={400} m={12} />
            )
          }
          right={
            <div className={classes['result']}>
              <PlaygroundResult job={job} waitsFor={active.data?.find(({ status }) => status === 'running')} />
            </div>
          }
        />
      )}
    </Page>
  );
}
