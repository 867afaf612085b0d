import { Button, Group, Skeleton } from '@mantine/core';
import { useState } from 'react';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { useRequest } from '../../api/query.ts';
import { Link, navigate, pathOf } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import classes from '../../features/prune/prune.module.css';
import { PruneForm } from '../../features/prune/prune-form.tsx';
import { StudyView } from '../../features/studies/study-view.tsx';
import { pruneStrings } from '../../strings/prune.ts';

/** Pruning: the study's form on the left, its figures on the right. */
export default function PrunePage() {
  const adapters = useRequest('adapters.list', {});
  const datasets = useRequest('datasets.list', {});
  const runs = useRequest('runs.list', { archived: false });
  const catalog = useRequest('app.catalog', {});
  const studies = useRequest('studies.list', {});
  const [chosenId, setChosenId] = useState<string | null>(null);
  const pruning = (studies.data ?? [])
    .filter((study) => studyKind(study.kind).offeredBy?.page === 'prune')
    .sort((first, second) => second.createdAt - first.createdAt);
  const study = pruning.find((candidate) => candidate.id === chosenId) ?? pruning[0];
  const shown = adapters.data?.filter((adapter) => !adapter.archived);
  return (
    <Page title={pruneStrings.title} state={shown ? pruneStrings.state(shown.length, pruning.length) : ''} fill>
      {adapters.error ? <ErrorNote error={adapters.error} /> : null}
      {shown?.length === 0 ? (
        <EmptyState action={<Button onClick={() => navigate('/train')}>{pruneStrings.train}</Button>}>
          {pruneStrings.empty}
        </EmptyState>
      ) : (
        <SplitPanel
          name="prune"
          initial={380}
          minimum={320}
          minimumRight={440}
          left={
            shown ? (
              <PruneForm
                adapters={shown}
                datasets={datasets.data ?? []}
                runs={runs.data ?? []}
                catalog={catalog.data}
                onStarted={(started) => setChosenId(started.id)}
              />
            ) : (
              <Skeleton h={400} m={12} />
            )
          }
          right={
            <div className={classes['result']}>
              {study ? (
                <>
                  <Group justify="space-between">
                    <Select
                      aria-label={pruneStrings.shown}
                      data={pruning.map(({ id, name }) => ({ value: id, label: name }))}
                      value={study.id}
                      onChange={setChosenId}
                      allowDeselect={false}
                      w={360}
                    />
                    <Link to={pathOf('studies', study.id)}>{pruneStrings.openStudy}</Link>
                  </Group>
                  <StudyView key={study.id} study={study} />
                </>
              ) : (
                <EmptyState>{pruneStrings.hint}</EmptyState>
              )}
            </div>
          }
        />
      )}
    </Page>
  );
}
