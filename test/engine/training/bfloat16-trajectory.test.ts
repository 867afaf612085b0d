import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { classBatch } from '../batches.ts';
import { floats, goldenPath } from '../golden.ts';

const trajectorySchema = z.object({
  betas: z.tuple([z.number(), z.number()]),
  eps: z.number(),
  weight_decay: z.number(),
  steps: z.number(),
  max_grad_norm: z.number(),
  learning_rates: z.array(z.number()),
  loss: z.array(z.number()),
  active_layers: z.array(z.array(z.number())).nullable(),
});
type Trajectory = z.infer<typeof trajectorySchema>;

/** A product in bfloat16 rounds its operands by up to 2⁻⁹: a loss may differ by a few of those, and to both sides. */
const ofOneStep = 0.02;
const ofTheMean = 0.005;

const variants = readdirSync(goldenPath('vit', 'train'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const capable = computeBackends.filter((backend) => backend.bfloat16 !== undefined);

describe.each(capable)('products in bfloat16 on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available && backend.bfloat16?.isAvailable() === true;
    if (available) await activateCompute(backend.id);
  });

  it.for(variants)('follow the loss curve of float32: vit/train/%s', async (variant, { skip }) => {
    if (!available) return skip(`${backend.id} has no products in bfloat16 here`);
    const trajectory = readTrajectory(variant);
    const single = await lossCurve(variant, trajectory, false);
    const brain = await lossCurve(variant, trajectory, true);
    single.forEach((loss, step) => {
      expect(Math.abs(loss / (trajectory.loss[step] ?? Number.NaN) - 1)).toBeLessThan(1e-4);
    });
    const differences = brain.map((loss, step) => loss / (single[step] ?? Number.NaN) - 1);
    for (const difference of differences) expect(Math.abs(difference)).toBeLessThan(ofOneStep);
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
    expect(Math.abs(mean)).toBeLessThan(ofTheMean);
    // If no bit differed, bfloat16 was not used.
    expect(differences.some((difference) => difference !== 0)).toBe(true);
  });
});

function readTrajectory(variant: string): Trajectory {
  const file = goldenPath('vit', 'train', variant, 'trajectory.json');
  return trajectorySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The losses of the golden run's batches, masks and learning rates, taken from its start. */
async function lossCurve(variant: string, trajectory: Trajectory, bfloat16: boolean): Promise<number[]> {
  const batches = await readSafetensors(goldenPath('vit', 'train', 'batches.safetensors'));
  const base = await loadBaseModel(goldenPath('vit', 'base'), { bfloat16 });
  const model = new AdaptedModel(base);
  model.loadState(await readAdapter(goldenPath('vit', 'train', variant, 'start'), base.description));
  const [beta1, beta2] = trajectory.betas;
  const options = { beta1, beta2, epsilon: trajectory.eps, weightDecay: trajectory.weight_decay };
  const optimizer = new AdamW(model.trainable(), options);
  const training = new TrainingStep(model, optimizer, trajectory.max_grad_norm);
  const groups = model.groups('layer');
  const losses: number[] = [];
  for (let step = 0; step < trajectory.steps; step++) {
    const mask = trajectory.active_layers?.[step] ?? null;
    model.setActive(groups, mask && Uint8Array.from(mask));
    const frozen = new Set(groups.flatMap((group, index) => (mask?.[index] === 0 ? group.variableNames : [])));
    const [pixels, labels] = [batches.get(`${step}.pixel_values`), batches.get(`${step}.labels`)];
    if (!pixels || !labels) throw new Error(`no batch ${step}`);
    const inputs = { pixel_values: { shape: pixels.shape, data: floats(pixels) } };
    const batch = classBatch(inputs, Int32Array.from(labels.data));
    const { loss } = await training.run([batch], trajectory.learning_rates[step] ?? 0, frozen);
    losses.push(loss);
  }
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return losses;
}
