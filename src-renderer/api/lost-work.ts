import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import type { JobKind, JobRecord } from '../../src-shared/domain/jobs/job.ts';
import { interruptedMessage, latestResumable, resumeHint } from '../../src-shared/domain/runs/interruption.ts';
import type { RunRecord } from '../../src-shared/domain/runs/run.ts';

/** A run that trained when the backend ended, with the step of its latest checkpoint. */
export interface LostRun {
  readonly name: string;
  readonly step: number | null;
}

/** The runs that the last lost backend was training, as far as the window knows; for the banner. */
export const useLostRuns = create<readonly LostRun[]>(() => []);

/**
 * Runs and jobs that the window shows as running, as their lost backend has left them: interrupted. Notes the runs for the
 * banner.
 */
export function interruptedWork(client: QueryClient): { readonly runs: RunRecord[]; readonly jobs: JobRecord[] } {
  const runs = running<RunRecord>(client, 'runs').map((run): RunRecord => {
    const hint = resumeHint(latestStep(run), run.config);
    return { ...run, status: 'interrupted', error: errorOf('train', hint) };
  });
  const jobs = running<JobRecord>(client, 'jobs').map((job): JobRecord => {
    return { ...job, status: 'interrupted', progress: null, error: errorOf(job.kind, null) };
  });
  useLostRuns.setState(
    runs.map((run) => ({ name: run.name, step: latestStep(run) })),
    true,
  );
  return { runs, jobs };
}

/** Each running record once, of the cached responses to `<entity>.get` and `<entity>.list`. */
function running<Entry extends { readonly id: string; readonly status: string }>(
  client: QueryClient,
  entity: 'runs' | 'jobs',
): Entry[] {
  const listed = client
    .getQueriesData<Entry[]>({ queryKey: [`${entity}.list`] })
    .flatMap(([, entries]) => entries ?? []);
  const single = client.getQueriesData<Entry>({ queryKey: [`${entity}.get`] }).flatMap(([, entry]) => entry ?? []);
  const byId = new Map([...listed, ...single].map((entry) => [entry.id, entry]));
  return [...byId.values()].filter(({ status }) => status === 'running');
}

function latestStep({ checkpoints }: RunRecord): number | null {
  return latestResumable(checkpoints)?.step ?? null;
}

function errorOf(kind: JobKind, hint: string | null): NonNullable<JobRecord['error']> {
  return { code: 'disconnected', message: interruptedMessage(kind), hint };
}
