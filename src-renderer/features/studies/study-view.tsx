import { Stack } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import { useJobOf } from '../jobs/use-job.ts';
import { keepPruned } from './keep-pruned.ts';
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
