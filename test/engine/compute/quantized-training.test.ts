import { expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { tokenBatch } from '../batches.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const isHere = 'addon' in loadAddon() && (await reportOn('webgpu'))?.available === true;

it.skipIf(!isHere).each(['lora', 'hira', 'dora'])(
  'a base in NF4 trains on WebGPU as on native: %s',
  async (variant) => {
    const [onCard, native] = [await lossesOn('webgpu', variant), await lossesOn('native', variant)];
    expect(relativeDifference(onCard, native)).toBeLessThan(1e-4);
  },
);

async function lossesOn(backend: ComputeId, variant: string): Promise<number[]> {
  await activateCompute(backend);
  const base = await loadBaseModel(goldenPath('llama-nf4', 'base'));
  const model = new AdaptedModel(base);
  const settings = adapterSettingsSchema.parse({ variant, target_modules: 'all-linear', parameters: { r: 4 } });
  await model.createAdapter(settings, { random: RandomStream.seeded(42, 'initialization'), labels: null });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  model.setTraining(true);
  const ids = Int32Array.from({ length: 48 }, (_, at) => 3 + ((at * 13) % 60));
  const labels = Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100);
  const losses: number[] = [];
  for (let count = 0; count < 4; count++) {
    const batch = tokenBatch({ input_ids: { shape: [2, 24], data: ids } }, labels);
    losses.push((await step.run([batch], 1e-2, new Set())).loss);
  }
  optimizer.dispose();
  model.dispose();
  base.dispose();
  return losses;
}
