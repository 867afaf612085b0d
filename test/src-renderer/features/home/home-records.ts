import type { z } from 'zod';
import { jobRecordSchema } from '../../../../src-shared/domain/jobs/job.ts';
import { runConfigSchema, runRecordSchema } from '../../../../src-shared/domain/runs/run.ts';

/** A run as the backend lists it. */
export function run(id: string, changes: Partial<z.input<typeof runRecordSchema>> = {}) {
  return runRecordSchema.parse({
    id,
    name: `run ${id}`,
    status: 'completed',
    config: runConfigSchema.parse({}),
    modelId: 'base',
    datasetId: 'digits',
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId: null,
    step: 0,
    facts: null,
    result: null,
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: `runs/${id}`,
    createdAt: 1,
    startedAt: null,
    finishedAt: null,
    ...changes,
  });
}

/** The job that trains a run. */
export function training(runId: string, changes: Partial<z.input<typeof jobRecordSchema>> = {}) {
  return jobRecordSchema.parse({
    id: `job-${runId}`,
    kind: 'train',
    title: `Train run ${runId}`,
    status: 'running',
    subjectId: runId,
    after: [],
    progress: null,
    error: null,
    createdAt: 1,
    startedAt: null,
    finishedAt: null,
    ...changes,
  });
}
