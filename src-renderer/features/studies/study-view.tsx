import { Stack } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { PrunedChoice } from '../../../src-shared/studies/define-study.ts';
import { request } from '../../api/client.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import { useJobOf } from '../jobs/use-job.ts';
import { StudyProvenance } from './study-provenance.tsx';
import { StudyResultView } from './study-result.tsx';

const strings = studiesStrings.result;

/** A study: its progress, its error with the way out, or its figures and tables. */
export function StudyView({ study }: { study: StudyRecord }) {
  const job = useJobOf(study.id);
  const isOpen = study.status === 'queued' || study.status === 'running';
  return (
    <Stack gap={12}>
      {isOpen ? <JobProgress job={job} /> : null}
      {study.error ? <ErrorNote error={study.error} isFailure={study.status === 'failed'} /> : null}
      {study.result ? (
        <>
          <StudyResultView study={study} onKeep={(choice) => void keepPruned(choice)} />
          <StudyProvenance study={study} />
        </>
      ) : isOpen || study.error ? null : (
        <EmptyState>{strings.noResult(study.status)}</EmptyState>
      )}
    </Stack>
  );
}

/** Queues the pruning behind a point or a row of a study, so that its adapter joins the library. */
async function keepPruned({ name, of, method, parameters }: PrunedChoice): Promise<void> {
  try {
    const adapterId = await adapterIdOf(of);
    if (adapterId === null) throw new Error(studiesStrings.keep.gone(name));
    await request('prune.start', { adapterId, name, method, parameters });
    notifySuccess(studiesStrings.keep.queued, studiesStrings.keep.willAdd(name));
  } catch (error) {
    notifyFailure(error, studiesStrings.keep.failed);
  }
}

async function adapterIdOf(of: PrunedChoice['of']): Promise<string | null> {
  if ('adapterId' in of) return of.adapterId;
  const run = await ('run' in of ? request('runs.find', { config: of.run }) : request('runs.get', { id: of.runId }));
  return run?.adapterId ?? null;
}
