import type { JobKind } from '../../../src-shared/domain/job.ts';
import { benchmarkJob } from './benchmark.ts';
import { bundleJob } from './bundle.ts';
import { classifyJob } from './classify.ts';
import { collectJob } from './collect.ts';
import { convertJob } from './convert.ts';
import type { Job } from './define-job.ts';
import { downloadJob } from './download.ts';
import { evaluateJob } from './evaluate.ts';
import { exportJob } from './export.ts';
import { generateJob } from './generate.ts';
import { importJob } from './import.ts';
import { importAdapterJob } from './import-adapter.ts';
import { importRunsJob } from './import-runs.ts';
import { masksJob } from './masks.ts';
import { mergeJob } from './merge.ts';
import { mergeabilityJob } from './mergeability.ts';
import { pretrainJob } from './pretrain.ts';
import { pruneJob } from './prune.ts';
import { quantizeJob } from './quantize.ts';
import { reportJob } from './report.ts';
import { scoreJob } from './score.ts';
import { studyJob } from './study.ts';
import { timeStepsJob } from './time-steps.ts';
import { trainJob } from './train.ts';
import { trainOnTargetJob } from './train-on-target.ts';

/** Every kind of job. */
export const jobs: readonly Job[] = [
  trainJob,
  timeStepsJob,
  evaluateJob,
  benchmarkJob,
  mergeJob,
  pruneJob,
  studyJob,
  trainOnTargetJob,
  scoreJob,
  masksJob,
  mergeabilityJob,
  reportJob,
  exportJob,
  convertJob,
  quantizeJob,
  downloadJob,
  importJob,
  importAdapterJob,
  importRunsJob,
  bundleJob,
  collectJob,
  generateJob,
  classifyJob,
  pretrainJob,
];

export function jobOf(kind: JobKind): Job {
  const job = jobs.find((known) => known.kind === kind);
  if (job === undefined) throw new RangeError(`No job of the kind "${kind}" is listed.`);
  return job;
}
