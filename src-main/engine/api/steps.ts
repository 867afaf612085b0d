/** Parts of a training step, which `bench/` times and compares with other implementations. */

export { AdaptedModel } from '../adapters/model/adapted-model.ts';
export { type AdapterGroup, namesOff } from '../adapters/passes/adapter-groups.ts';
export { runTrainTask } from '../jobs/train.ts';
export { classLoss, type LabelLoss, type MicroBatch, tokenLoss } from '../losses/batch-loss.ts';
export { AdamW, type AdamWOptions } from '../optimizers/adamw.ts';
export { SharedPass } from '../training/shared-pass.ts';
export { TrainingStep } from '../training/training-step.ts';
