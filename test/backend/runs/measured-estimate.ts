import { estimateMemory } from '../../../src-main/backend/runs/estimate-memory.ts';
import { AdaptedModel } from '../../../src-main/engine/adapters/adapted-model.ts';
import { adapterPresence, adapterSizes } from '../../../src-main/engine/adapters/presence.ts';
import type { ComputeBackend } from '../../../src-main/engine/compute/compute-backend.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import type { ModelMemory } from '../../../src-main/engine/models/memory.ts';
import type { MicroBatch } from '../../../src-main/engine/training/micro-batch.ts';
import { AdamW } from '../../../src-main/engine/training/optimizers/adamw.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';

interface Measured {
  readonly backend: ComputeBackend;
  readonly peakBytes: NonNullable<ComputeBackend['peakBytes']>;
  readonly base: BaseModel;
  readonly adapter: Record<string, unknown>;
  readonly labels: readonly string[] | null;
  readonly micro: MicroBatch;
  /** Examples of the batch. */
  readonly batch: number;
  readonly memory: ModelMemory;
  readonly outputs: number;
  readonly gradientCheckpointing?: boolean;
}

/** What is estimated of a training step, as a share of what it takes at its peak. Disposes the base. */
export async function estimateOverPeak(given: Measured): Promise<number> {
  const { backend, peakBytes, base, labels, micro, batch, memory, outputs, gradientCheckpointing = false } = given;
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse(given.adapter);
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialization'), labels });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1, gradientCheckpointing);
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
  const parts = estimateMemory({
    description: base.description,
    memory,
    adapters: adapterPresence(state.variant, state.parameters, targets),
    fixed: adapterSizes(state.variant, state.parameters, targets, 2).fixed,
    trained: [...model.trainable().values()].map((variable) => variable.size),
    optimizer: [...model.trainable().values()].flatMap(({ size }) => [size, size]),
    outputs,
    batch,
    gradientCheckpointing,
    bfloat16: false,
    backend: backend.id,
  });
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return parts.reduce((sum, part) => sum + part.bytes, 0) / peak;
}
