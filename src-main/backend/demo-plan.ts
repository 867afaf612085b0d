import { type RunConfig, runConfigSchema } from '../../src-shared/domain/run.ts';

/** Everything that the demo study does differently when it has to be quick. */
export interface DemoPlan {
  readonly dataset: string;
  readonly seeds: readonly number[];
  readonly maxSteps: number;
  readonly batchSize: number;
  readonly samplesPerClass: number;
  /** Test examples of each evaluation. */
  readonly evalSamples: number;
  readonly lambdaPoints: number;
  readonly sparsities: readonly number[];
}

/** Measured with the wasm backend: 2 minutes on two cores that were busy with other work at the same time. Enough to see every part work, too short to compare by. */
export const quickPlan: DemoPlan = {
  dataset: 'fashion-mnist-small',
  seeds: [1, 2],
  maxSteps: 60,
  batchSize: 32,
  samplesPerClass: 64,
  evalSamples: 300,
  lambdaPoints: 11,
  sparsities: [0.5, 0.9],
};

/** Measured likewise: 15 minutes. */
export const fullPlan: DemoPlan = {
  dataset: 'fashion-mnist-small',
  seeds: [1, 2],
  maxSteps: 400,
  batchSize: 64,
  samplesPerClass: 64,
  evalSamples: 2000,
  lambdaPoints: 21,
  sparsities: [0.25, 0.5, 0.8, 0.9],
};

/** The few-shot subset is the same for every run, so that seeds differ in initialisation, order and CoTo only. */
const subsetSeed = 0;

/** LoRA of rank 4 on the attention's q, k and v, trained by AdamW at 3e-3 along a cosine with warm-up. */
export function demoRunConfig(plan: DemoPlan, seed: number, coto: boolean): RunConfig {
  return runConfigSchema.parse({
    model: 'quickdraw-vit',
    dataset: plan.dataset,
    train_samples_per_class: plan.samplesPerClass,
    eval_samples: plan.evalSamples,
    adapter: { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'k_proj', 'v_proj'] },
    coto: coto ? {} : null,
    seed,
    data_seed: subsetSeed,
    learning_rate: 3e-3,
    lr_scheduler_type: 'cosine',
    max_steps: plan.maxSteps,
    per_device_train_batch_size: plan.batchSize,
  });
}
