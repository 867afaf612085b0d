import type { JobKind } from '../../src-shared/domain/jobs/job.ts';
import { bundleJob } from './bundles/bundle-job.ts';
import { collectJob } from './bundles/collect-job.ts';
import { benchmarkJob } from './evaluation/benchmark-job.ts';
import { evaluateJob } from './evaluation/evaluate-job.ts';
import { classifyJob } from './generation/classify-job.ts';
import { embedTextsJob } from './generation/embed-texts-job.ts';
import { generateJob } from './generation/generate-job.ts';
import type { Job } from './jobs/define-job.ts';
import { importAdapterJob } from './library/adapters/import-adapter-job.ts';
import { importJob } from './library/datasets/import-job.ts';
import { exportJob } from './library/export/export-job.ts';
import { addTokensJob } from './library/models/add-tokens-job.ts';
import { convertJob } from './library/models/convert-job.ts';
import { downloadJob } from './library/models/download-job.ts';
import { pretrainJob } from './library/models/pretrain-job.ts';
import { quantizeJob } from './library/models/quantize-job.ts';
import { mergeJob } from './merging/merge-job.ts';
import { pruneJob } from './merging/prune-job.ts';
import { routeJob } from './merging/route-job.ts';
import { reportJob } from './reports/report-job.ts';
import { timeStepsJob } from './runs/time-steps-job.ts';
import { trainJob } from './runs/train-job.ts';
import { masksJob } from './studies/masks-job.ts';
import { mergeabilityJob } from './studies/mergeability-job.ts';
import { packageStudyJob } from './studies/package-study-job.ts';
import { scoreJob } from './studies/score-job.ts';
import { studyJob } from './studies/study-job.ts';
import { trainOnTargetJob } from './targets/train-on-target-job.ts';
import { importRunsJob } from './trackers/import-runs-job.ts';

/** Every kind of job. */
export const jobs: readonly Job[] = [
  trainJob,
  timeStepsJob,
  evaluateJob,
  benchmarkJob,
  mergeJob,
  pruneJob,
  routeJob,
  studyJob,
  trainOnTargetJob,
  scoreJob,
  masksJob,
  mergeabilityJob,
  reportJob,
  packageStudyJob,
  exportJob,
  convertJob,
  quantizeJob,
  addTokensJob,
  downloadJob,
  importJob,
  importAdapterJob,
  importRunsJob,
  bundleJob,
  collectJob,
  generateJob,
  embedTextsJob,
  classifyJob,
  pretrainJob,
];

export function jobOf(kind: JobKind): Job {
  const job = jobs.find((known) => known.kind === kind);
  if (job === undefined) throw new RangeError(`No job of the kind "${kind}" is listed.`);
  return job;
}
