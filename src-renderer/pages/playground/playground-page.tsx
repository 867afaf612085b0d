import { Button, Skeleton } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { type ModelRecord, writesText } from '../../../src-shared/domain/models/model.ts';
import { request } from '../../api/client.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { classifiesImages } from '../../features/adapters/playground-path.ts';
import { isActive, useJob } from '../../features/jobs/use-job.ts';
import { Conversation } from '../../features/playground/conversation.tsx';
import { columnLimit } from '../../features/playground/draft.ts';
import { ImageDrop, ImageForm } from '../../features/playground/image-form.tsx';
import { ImageResult } from '../../features/playground/image-result.tsx';
import classes from '../../features/playground/playground.module.css';
import { PlaygroundForm } from '../../features/playground/playground-form.tsx';
import { PlaygroundResult } from '../../features/playground/playground-result.tsx';
import { changeDraft, usePlayground } from '../../features/playground/playground-store.ts';
import { useClassification } from '../../features/playground/use-classification.ts';
import { useTriedModel } from '../../features/playground/use-playground-form.ts';
import { playgroundStrings as words } from '../../strings/playground.ts';

/** A model and its adapters, tried side by side: on a prompt, or on an image. */
export default function PlaygroundPage() {
  useAdaptersFromRoute();
  const models = useRequest('models.list', {});
  const adapters = useRequest('adapters.list', {});
  const catalog = useRequest('app.catalog', {}).data;
  const active = useRequest('jobs.list', { active: true });
  const { draft } = usePlayground();
  const writers = models.data?.filter(({ description }) => writesText(description)) ?? [];
  const classifiers = models.data?.filter(classifiesImages) ?? [];
  const scorers = useRequest('generation.scorers', {}).data ?? [];
  const rewarded = new Set(adapters.data?.filter(({ id }) => scorers.includes(id)).map(({ modelId }) => modelId));
  const encoders = models.data?.filter((one) => rewarded.has(one.id) && ![...writers, ...classifiers].includes(one));
  const tried = [...writers, ...classifiers, ...(encoders ?? [])];
  const model = tried.find(({ id }) => id === draft.modelId) ?? tried[0];
  const input = {
    models: tried,
    adapters: adapters.data?.filter(({ archived, id }) => !archived || draft.columns.includes(id)) ?? [],
    catalog,
    waitsFor: active.data?.find(({ status }) => status === 'running'),
  };
  return (
    <Page title={words.title} state={models.data ? words.state(writers.length, classifiers.length) : ''} fill>
      {models.error ? <ErrorNote error={models.error} /> : null}
      {models.data === undefined || adapters.data === undefined ? (
        <Skeleton h={400} m={12} />
      ) : model === undefined ? (
        <EmptyState action={<Button onClick={() => navigate('/models')}>{words.addModel}</Button>}>
          {words.empty}
        </EmptyState>
      ) : classifiesImages(model) ? (
        <Classifying {...input} />
      ) : (
        <Writing {...input} />
      )}
    </Page>
  );
}

interface Input {
  models: readonly ModelRecord[];
  adapters: readonly AdapterRecord[];
  catalog: Catalog | undefined;
  waitsFor: JobRecord | undefined;
}

const panels = { name: 'playground', initial: 360, minimum: 300, minimumRight: 440 } as const;

function Writing({ waitsFor, ...input }: Input) {
  const jobId = usePlayground(({ asked }) => asked?.jobId ?? null);
  const job = useJob(jobId);
  const { kind } = useTriedModel(input);
  const cancel = useAction('jobs.cancel', { failureTitle: words.notStopped });
  const stop = () => {
    if (jobId !== null) cancel.mutate({ id: jobId });
  };
  return (
    <SplitPanel
      {...panels}
      left={<PlaygroundForm {...input} isWriting={isActive(job)} onStop={stop} />}
      fillRight={kind === 'chat'}
      right={
        kind === 'chat' ? (
          <Conversation {...input} job={job} waitsFor={waitsFor} onStop={stop} />
        ) : (
          <div className={classes['result']}>
            <PlaygroundResult job={job} waitsFor={waitsFor} />
          </div>
        )
      }
    />
  );
}

function Classifying({ waitsFor, ...input }: Input) {
  const job = useJob(usePlayground(({ classified }) => classified?.jobId ?? null));
  const isBusy = isActive(job);
  const form = useClassification({ ...input, isWriting: isBusy });
  return (
    <ImageDrop form={form}>
      <SplitPanel
        {...panels}
        left={<ImageForm models={input.models} form={form} isBusy={isBusy} />}
        right={
          <div className={classes['result']}>
            <ImageResult job={job} waitsFor={waitsFor} adapters={input.adapters} />
          </div>
        }
      />
    </ImageDrop>
  );
}

/** `#/playground?adapters=<id>,<id>` puts these adapters beside their base. */
function useAdaptersFromRoute(): void {
  useRouteRequest('adapters', (value) => {
    const ids = value.split(',').filter(Boolean);
    request('adapters.list', {})
      .then((adapters) => {
        const [first, ...others] = adapters.filter(({ id }) => ids.includes(id));
        if (!first) return;
        const same = [first, ...others.filter(({ modelId }) => modelId === first.modelId)];
        changeDraft({ modelId: first.modelId, columns: [null, ...same.map(({ id }) => id)].slice(0, columnLimit) });
      })
      .catch((error: unknown) => notifyFailure(error));
  });
}
