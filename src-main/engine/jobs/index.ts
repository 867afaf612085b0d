import { addTokensJob } from './add-tokens.ts';
import { benchmarkJob } from './benchmark.ts';
import { classifyJob } from './classify.ts';
import { convertAdapterJob } from './convert-adapter.ts';
import type { EngineJob } from './define-job.ts';
import { embedTextsJob } from './embed-texts.ts';
import { evaluateJob } from './evaluate.ts';
import { exportMergedJob } from './export-merged.ts';
import { exportPythonJob } from './export-python.ts';
import { generateJob } from './generate.ts';
import { logitsJob } from './logits.ts';
import { masksJob } from './masks.ts';
import { mergeJob } from './merge.ts';
import { mergeabilityJob } from './mergeability.ts';
import { plainLoraJob } from './plain-lora.ts';
import { pretrainJob } from './pretrain.ts';
import { pruneJob } from './prune.ts';
import { quantizeJob } from './quantize.ts';
import { routeJob } from './route.ts';
import { scoreJob } from './score.ts';
import { trainJob } from './train.ts';
import { trainTogetherJob } from './train-together.ts';

/** All kinds of engine tasks. */
export const engineJobs: readonly EngineJob[] = [
  trainJob,
  trainTogetherJob,
  evaluateJob,
  benchmarkJob,
  mergeJob,
  pruneJob,
  routeJob,
  scoreJob,
  masksJob,
  mergeabilityJob,
  logitsJob,
  generateJob,
  embedTextsJob,
  classifyJob,
  pretrainJob,
  exportMergedJob,
  quantizeJob,
  addTokensJob,
  convertAdapterJob,
  plainLoraJob,
  exportPythonJob,
];
