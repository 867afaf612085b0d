import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { classTextSize } from '../../../src-main/engine/tasks/image-classification/class-text-size.ts';
import { classBatch } from '../../engine/batches.ts';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine } from '../support.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const folder = goldenPath('clip-zero-shot', 'base');
const plainText = String.raw`text_model\..*`;

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it('the states of all class texts are counted where the text tower is adapted', async ({ skip }) => {
    const { peakBytes } = backend;
    if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
    const base = await loadBaseModel(folder);
    const image = base.description.image ?? { channels: 3, height: 1, width: 1 };
    const [images, classes, templates, tokens] = [4, 300, 7, 12];
    const shape = [images, image.channels, image.height, image.width];
    const ids = Int32Array.from({ length: classes * templates * tokens }, (_, at) => at % 90);
    const micro = classBatch(
      {
        pixel_values: { shape, data: new Float32Array(shape.reduce((size, side) => size * side, 1)).fill(0.5) },
        input_ids: { shape: [classes, templates, tokens], data: ids },
      },
      Int32Array.from({ length: images }, (_, at) => at % 2),
    );
    const config = await readConfig(folder);
    const memory = familyOf(config).memory(config, { tokens, texts: classes * templates });
    const share = await estimateOverPeak({
      ...{ backend, peakBytes, base, adapter: { target_modules: 'all-linear' }, micro, memory },
      ...{ labels: null, batch: images, outputs: classes },
    });
    // The widths of this model are so small that what is no layer's own weighs as much as some layers.
    expect(share).toBeGreaterThan(0.65);
    expect(share).toBeLessThan(1.2);
  });
});

describe('texts of a run', () => {
  let backend: OpenBackend;
  beforeAll(async () => {
    backend = await openBackend({ startEngine: scriptedEngine(() => new Promise(() => undefined)) });
  });
  afterAll(closeBackends);

  it('the class texts count, all at once only where the text tower is trained', async () => {
    const model = await backend.handle('models.add', { path: folder });
    const dataset = await backend.handle('datasets.add', { path: goldenPath('clip-zero-shot', 'images') });
    const activations = async (class_templates: string, exclude_modules?: string) => {
      const adapter = { r: 2, target_modules: 'all-linear', ...(exclude_modules ? { exclude_modules } : {}) };
      const config = { model: model.id, dataset: dataset.id, adapter, class_templates };
      const { memory } = await backend.handle('runs.estimate', { config });
      return memory.find(({ part }) => part === 'activations')?.bytes ?? 0;
    };
    const many = Array.from({ length: 200 }, (_, at) => `a photo of a {label}, number ${at}`).join('\n');
    const ofText = (await activations(many)) - (await activations('a photo of a {label}.'));
    const ofVision = (await activations(many, plainText)) - (await activations('a photo of a {label}.', plainText));
    expect(ofVision).toBeGreaterThan(0);
    expect(ofText).toBeGreaterThan(2 * ofVision);
  });
});

it('tokens of class texts are about those of CLIP’s tokenizer', () => {
  const settings = { class_templates: 'a photo of a {label}.', max_length: 77 };
  // Tokens by OpenAI's tokenizer: begin, a photo of a, the name, the full stop, end.
  expect(classTextSize(['dog', 'cat'], settings)).toEqual({ texts: 2, tokens: 8 });
  expect(classTextSize(['golden retriever'], settings).tokens).toBeGreaterThanOrEqual(9);
  expect(classTextSize(['x'.repeat(1000)], settings).tokens).toBe(77);
});
