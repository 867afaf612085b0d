/** Checks and plan of a training, and the files that it writes: checkpoints, history and samples. */
export { checkSchedule, scheduleRows } from '../coto/schedule-rows.ts';
export { learningRateSchedules, warmupStepCount } from '../learning-rate/index.ts';
export { checkLossSettings } from '../losses/label-form-of.ts';
export { optimizerKinds } from '../optimizers/index.ts';
export { criterionOf } from '../training/best-evaluation.ts';
export { checkCheckpoint, peekCheckpoint } from '../training/checkpoint.ts';
export { checkpointKind, checkpointsFolder } from '../training/checkpoint-folders.ts';
export { checkHashes, readManifest } from '../training/checkpoint-manifest.ts';
export { checkOplora } from '../training/constraints/oplora.ts';
export { countSteps } from '../training/count-steps.ts';
export {
  cutHistory,
  type HistoryPart,
  historyFiles,
  readHistoryParts,
  unpackHistory,
  writeHistoryPart,
} from '../training/history-files.ts';
export { perturbationOf } from '../training/perturbations/index.ts';
export { cutSamples, readSamples, samplePaths, unpackAnswers, unpackInputs } from '../training/sample-files.ts';
export {
  type BaseInput,
  baseChange,
  type DatasetInput,
  datasetChange,
  hashBase,
  hashDataset,
} from '../training/training-inputs.ts';
export { trainingPlan } from '../training/training-plan.ts';
