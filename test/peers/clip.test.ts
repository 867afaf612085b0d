import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { openImages } from '../../src-main/engine/data/open-dataset.ts';
import type { BaseModel } from '../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../src-main/engine/optimizers/adamw.ts';
import { openTask } from '../../src-main/engine/tasks/open-task.ts';
import { TrainingStep } from '../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { taskSettingsSchema } from '../../src-shared/domain/runs/task.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { classTemplatesOf, classTexts } from '../../src-shared/tasks/class-templates.ts';
import { goldenPath, relativeDifference } from '../engine/golden.ts';
import { quietContext } from '../engine/tasks/text-task.ts';
import { runPeer } from './python.ts';

const modelDirectory = goldenPath('clip-zero-shot', 'base');
const source = { reader: 'image-folder', path: goldenPath('clip-zero-shot', 'images'), options: {} };
const folder = mkdtempSync(join(tmpdir(), 'coto-clip-peers-'));
let base: BaseModel;
beforeAll(async () => {
  await activateCompute('wasm');
  base = await loadBaseModel(modelDirectory);
});
afterAll(() => {
  base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Test images and the logits of them, by the studio's own reading of images and texts. */
async function trained(exclude_modules: string | null, class_templates: string) {
  const settings = taskSettingsSchema.parse({ class_templates });
  const task = await openTask(
    { modelDirectory, model: base.description, source, settings, base, training: true },
    quietContext,
  );
  const model = new AdaptedModel(base);
  const adapter = {
    target_modules: ['q_proj', 'k_proj', 'v_proj'],
    exclude_modules,
    parameters: { r: 2, lora_alpha: 4 },
  };
  const random = RandomStream.seeded(1, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse(adapter), { random, labels: task.labels });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  const batch = await task.train.load(Int32Array.from({ length: task.train.count }, (_, index) => index));
  for (let count = 0; count < 8; count++) await step.run([batch], 0.02, new Set(), count);
  optimizer.dispose();
  const indices = Int32Array.from({ length: task.testCount }, (_, index) => index);
  const ofModel = async (one: AdaptedModel) => {
    const outputs = await task.outputs(one, indices, { batchSize: 2 });
    return outputs.kind === 'classes' ? outputs.logits : new Float32Array();
  };
  const logits = { adapted: await ofModel(model), base: await ofModel(new AdaptedModel(base)) };
  const state = await model.exportState();
  model.dispose();
  task.close();
  return { logits, state, texts: task.classNames.map((label) => classTexts(classTemplatesOf(class_templates), label)) };
}

async function testImages(): Promise<string[]> {
  const dataset = await openImages(source);
  const split = dataset.split('test');
  const paths = Array.from({ length: split.count }, (_, index) => split.where?.(index) ?? '');
  dataset.close();
  return paths;
}

// A byte here and there of one image is another: Pillow 12 and later resize it in the other order.
const tolerance = 0.01;

const cases = [
  { tower: 'both towers', excluded: null, modules: 12 },
  { tower: 'the vision tower', excluded: String.raw`text_model\..*`, modules: 6 },
  { tower: 'the text tower', excluded: String.raw`vision_model\..*`, modules: 6 },
];

test('PEFT loads adapters on either tower or both onto CLIPModel, which classifies as the studio does', async () => {
  const images = await testImages();
  const requests: object[] = [];
  const ours: Float32Array[] = [];
  for (const [index, { excluded, modules }] of cases.entries()) {
    const { logits, state, texts } = await trained(excluded, 'imagenet');
    expect(state.modules.size).toBe(modules);
    const adapter = join(folder, `adapter-${index}`);
    await writeAdapter(adapter, state, { description: base.description, baseModelName: 'clip' });
    requests.push(
      { base: modelDirectory, adapter: null, images, texts },
      { base: modelDirectory, adapter, images, texts },
    );
    ours.push(logits.base, logits.adapted);
    expect(relativeDifference(logits.adapted, logits.base)).toBeGreaterThan(10 * tolerance);
  }
  const theirs = z.array(z.array(z.array(z.number()))).parse(runPeer('./clip_zero_shot.py', requests));
  for (const [index, logits] of ours.entries()) {
    const what = `${index % 2 === 0 ? 'the base' : 'the adapter'} of ${cases[Math.floor(index / 2)]?.tower}`;
    expect(relativeDifference(logits, theirs[index]?.flat() ?? []), what).toBeLessThan(tolerance);
  }
});
