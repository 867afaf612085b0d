import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';

/** A run to train with and without CoTo on every seed, and the resolution of the studies on its adapters. */
export interface DemoPlan {
  readonly title: string;
  /** Its seed and CoTo are set for each run. */
  readonly run: RunConfig;
  readonly seeds: readonly number[];
  readonly lambdaPoints: number;
  readonly sparsities: readonly number[];
}

/** The few-shot subset is the same for every run, so that seeds differ in initialization, order and CoTo only. */
const subsetSeed = 0;

/** LoRA of rank 4 on the attention's q, k and v, trained by AdamW at 3e-3 along a cosine with warm-up. */
const bundledRun = {
  model: 'quickdraw-vit',
  dataset: 'fashion-mnist-small',
  train_samples_per_class: 64,
  adapter: { r: 4, lora_alpha: 8, target_modules: ['q_proj', 'k_proj', 'v_proj'] },
  data_seed: subsetSeed,
  learning_rate: 3e-3,
  lr_scheduler_type: 'cosine',
};

/**
 * Takes 2 minutes with the wasm backend on two busy cores: enough to see every part work, too short for a comparison.
 */
export const quickPlan: DemoPlan = {
  title: 'Quick demo',
  run: runConfigSchema.parse({ ...bundledRun, max_steps: 60, per_device_train_batch_size: 32, eval_samples: 300 }),
  seeds: [1, 2],
  lambdaPoints: 7,
  sparsities: [0.5, 0.9],
};

/** Takes 15 minutes on the same machine. */
export const fullPlan: DemoPlan = {
  title: 'Demo',
  run: runConfigSchema.parse({ ...bundledRun, max_steps: 400, per_device_train_batch_size: 64, eval_samples: 2000 }),
  seeds: [1, 2],
  lambdaPoints: 11,
  sparsities: [0.25, 0.5, 0.8, 0.9],
};

/** The same study of a user's run. */
export function ownPlan(run: RunConfig, quick: boolean): DemoPlan {
  return {
    ...(quick ? quickPlan : fullPlan),
    title: 'Comparison',
    run: { ...run, data_seed: run.data_seed ?? subsetSeed },
  };
}

/** The plan's run for one seed; with the run's own CoTo settings, else the defaults. */
export function demoRunConfig({ run }: DemoPlan, seed: number, coto: boolean): RunConfig {
  return { ...run, seed, coto: coto ? (run.coto ?? cotoSettingsSchema.parse({})) : null };
}
