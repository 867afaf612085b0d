import { estimateMemory } from '../../../src-main/backend/runs/estimate-memory.ts';
import { adapterMemory, adapterSizes } from '../../../src-main/engine/adapters/inspect/adapter-memory.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import type { ComputeBackend } from '../../../src-main/engine/compute/compute-backend.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import type { ModelMemory } from '../../../src-main/engine/models/memory.ts';
import { optimizerKinds } from '../../../src-main/engine/optimizers/index.ts';
import { optimizerOf } from '../../../src-main/engine/training/training-loop.ts';
import { trainingPlan } from '../../../src-main/engine/training/training-plan.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';

interface Measured {
  readonly backend: ComputeBackend;
  readonly peakBytes: NonNullable<ComputeBackend['peakBytes']>;
  readonly base: BaseModel;
  readonly adapter: Record<string, unknown>;
  /** Settings of the run. */
  readonly run?: Record<string, unknown>;
  readonly labels: readonly string[] | null;
  readonly micro: MicroBatch;
  /** Examples of the batch. */
  readonly batch: number;
  readonly memory: ModelMemory;
  readonly outputs: number;
  readonly gradientCheckpointing?: boolean;
  readonly halvedStates?: boolean;
}

/** Returns the estimated memory of a training step as a share of its measured peak. Disposes the base. */
export async function estimateOverPeak(given: Measured): Promise<number> {
  const {
    backend,
    peakBytes,
    base,
    labels,
    micro,
    batch,
    memory,
    outputs,
    gradientCheckpointing = false,
    halvedStates = false,
  } = given;
  const model = new AdaptedModel(base);
  const config = runConfigSchema.parse({ ...given.run, adapter: given.adapter });
  await model.createAdapter(config.adapter, { random: RandomStream.seeded(1, 'initialization'), labels });
  const hooks = model.trainingHooks(trainingPlan(config, 100));
  const optimizer = optimizerOf(config, model.trainable(), hooks);
  const step = new TrainingStep(model, optimizer, 1, { gradientCheckpointing, halved: halvedStates }, hooks);
  const dropout = RandomStream.seeded(1, 'dropout');
  let peak = 0;
  // The optimizer's moments are there from the second step on.
  for (let count = 0; count < 2; count++) {
    model.setTraining(true, dropout);
    peakBytes.reset();
    await step.run([micro], 1e-3, new Set());
    peak = peakBytes.read();
  }
  const state = await model.exportState();
  const targets = base.description.linears.filter(({ name }) => state.modules.has(name));
  const moments = optimizerKinds[config.optim].moments(config);
  const sizes = adapterSizes(state.variant, state.parameters, targets, moments);
  const saved = [...state.saved.values()].map(({ data }) => data.length);
  const parts = estimateMemory({
    description: base.description,
    memory,
    adapters: adapterMemory(state.variant, state.parameters, targets),
    fixed: sizes.fixed,
    trained: [...sizes.trained, ...saved],
    optimizer: [...sizes.optimizer, ...Array.from({ length: moments }, () => saved).flat()],
    outputs,
    batch,
    gradientCheckpointing,
    halvedStates,
    halfProducts: false,
    int8Products: false,
    backend: backend.id,
  });
  console.log(
    'SHARE',
    backend.id,
    process.env['SHARES'],
    JSON.stringify(given.adapter['target_modules']),
    gradientCheckpointing,
    base.description.family,
    (parts.reduce((sum, part) => sum + (part.part === 'program' ? 0 : part.bytes), 0) / peak).toFixed(3),
    'peak',
    peak,
    JSON.stringify(Object.fromEntries(parts.map(({ part, bytes }) => [part, bytes]))),
  );
  hooks.dispose?.();
  optimizer.dispose();
  model.dispose();
  base.dispose();
  // The backend counts its tensors, not the process.
  return parts.reduce((sum, part) => sum + (part.part === 'program' ? 0 : part.bytes), 0) / peak;
}
