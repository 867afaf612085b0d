import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { nativeBackend } from '../../../src-main/engine/compute/native.ts';
import { convertGguf } from '../../../src-main/engine/formats/gguf/convert.ts';
import { runQuantizeTask } from '../../../src-main/engine/jobs/quantize.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { KeyValueCache } from '../../../src-main/engine/models/key-value-cache.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';

const bundled = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
const steps = 5;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'coto-decoder-step-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!('addon' in loadAddon()))('the layers of a decoder in one call', () => {
  beforeAll(() => activateCompute('native'));

  it.each(['llama', 'llama-bias', 'llama-mqa', 'llama3', 'llama-yarn', 'mistral', 'qwen2', 'qwen3'])(
    'give bit for bit what they give one by one: %s',
    async (family) => {
      await compare(goldenPath(family, 'base'), {});
    },
  );

  it.each(['llama-bf16', 'llama-f16', 'llama-nf4'])('with weights as they are stored: %s', async (family) => {
    await compare(goldenPath(family, 'base'), { encoded: true });
  });

  it.each(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'nf4', 'int8'] as const)('with packed weights: %s', async (type) => {
    await compare(await quantized(type), { encoded: true }, [null, { variant: 'lora', parameters: { r: 4 } }]);
  });

  it.each(['qwen2', 'qwen3'])('with the blocks of a GGUF file: %s', async (name) => {
    const directory = path.join(folder, `gguf-${name}`);
    await mkdir(directory);
    await convertGguf(path.join(goldenPath('gguf'), `${name}.gguf`), directory);
    await compare(directory, { encoded: true });
  });

  it('with products in bfloat16', async () => {
    if (nativeBackend.bfloat16?.isAvailable() !== true) return;
    await compare(bundled, { bfloat16: true });
  });

  it('leave modules to the ordinary path that are more than a product with two factors', async () => {
    const base = await loadBaseModel(goldenPath('llama', 'base'));
    for (const [variant, expected] of [
      ['dora', 0],
      ['rslora', steps],
    ] as const) {
      const counted = counting(base);
      const model = await adapted(counted.base, { variant, parameters: { r: 4 } });
      write(model, 1);
      expect(counted.steps(), variant).toBe(expected);
      model.dispose();
    }
    base.dispose();
  });

  it('take modules that are saved whole', async () => {
    await compare(bundled, {}, [{ variant: 'lora', parameters: { r: 4 }, modules_to_save: ['down_proj'] }]);
  });

  it('share their cache with what runs layer by layer, in either order', async () => {
    const base = await loadBaseModel(goldenPath('llama', 'base'));
    const before = tf.memory().numTensors;
    const outputs = [base, layerByLayer(base)].map((own) => {
      const model = new AdaptedModel(own);
      const cache = new KeyValueCache();
      const next = (rows: readonly (readonly number[])[], from = cache) =>
        tf.tidy(() =>
          Array.from(
            model
              .nextLogits({ input_ids: tf.tensor2d([...rows.map((row) => [...row])], undefined, 'int32') }, from)
              .dataSync(),
          ),
        );
      const logits = [next([[3, 5, 8]]), next([[7]]), next([[2]]), next([[4, 6, 9]]), next([[1]])];
      // Two continuations of the same text.
      const twice = cache.repeated(2);
      logits.push(next([[11], [12]], twice), next([[13], [14]], twice), next([[15]]));
      cache.dispose();
      twice.dispose();
      return logits;
    });
    expect(outputs[0]).toEqual(outputs[1]);
    expect(tf.memory().numTensors).toBe(before);
    base.dispose();
  });

  it('grow the cache by half each time, not for each token', async () => {
    const base = await loadBaseModel(goldenPath('llama', 'base'));
    const model = new AdaptedModel(base);
    const cache = new KeyValueCache();
    const blocks = new Set<object>();
    for (let token = 0; token < 40; token++) {
      const ids = tf.tensor2d([[token]], undefined, 'int32');
      tf.dispose([model.nextLogits({ input_ids: ids }, cache), ids]);
      const room = token === 0 ? null : cache.withRoom();
      if (room) blocks.add(room.dataId);
    }
    expect(blocks.size).toBeLessThan(9);
    cache.dispose();
    base.dispose();
  });
});

interface Settings {
  readonly variant: string;
  readonly parameters: { readonly r: number };
  readonly modules_to_save?: readonly string[];
}

/** Compares logits with and without adapters, of one row and of two, the first of which is padded. */
async function compare(
  directory: string,
  options: { encoded?: boolean; bfloat16?: boolean },
  adapters: readonly (Settings | null)[] = [
    null,
    { variant: 'lora', parameters: { r: 4 } },
    { variant: 'lora', parameters: { r: 20 } },
  ],
): Promise<void> {
  const loaded = await loadBaseModel(directory, options);
  for (const settings of adapters)
    for (const batch of [1, 2]) {
      const { base, steps: taken } = counting(loaded);
      const [own, plain] = [await adapted(base, settings), await adapted(layerByLayer(loaded), settings)];
      const what = `${JSON.stringify(settings)}, batch ${batch}`;
      const [made, wanted] = [write(own, batch), write(plain, batch)];
      expect(taken(), what).toBe(steps);
      expect(made.logits, what).toEqual(wanted.logits);
      expect(new Set(made.logits.map((logits) => logits[0])).size, what).toBeGreaterThan(1);
      own.dispose();
      plain.dispose();
    }
  loaded.dispose();
}

/** Logits after a prompt of 9 tokens, and after each of the next ones. */
function write(model: AdaptedModel, batch: number): { logits: number[][] } {
  const cache = new KeyValueCache();
  const mask = batch === 1 ? null : [[0, 0, ...ones(7)], ones(9)];
  const logits = Array.from({ length: steps + 1 }, (_, step) =>
    tf.tidy(() => {
      const length = step === 0 ? 9 : 1;
      const ids = Array.from({ length: batch }, (_row, row) =>
        Array.from({ length }, (_token, at) => 3 + ((at * 7 + step * 5 + row * 11) % 50)),
      );
      if (step > 0) for (const row of mask ?? []) row.push(1);
      const inputs = {
        input_ids: tf.tensor2d(ids, undefined, 'int32'),
        ...(mask && { attention_mask: tf.tensor2d(mask, undefined, 'int32') }),
      };
      return Array.from(model.nextLogits(inputs, cache).dataSync());
    }),
  );
  cache.dispose();
  return { logits };
}

function ones(length: number): number[] {
  return Array.from({ length }, () => 1);
}

/** The base, and how often all of its layers ran in one call. */
function counting(base: BaseModel): { base: BaseModel; steps: () => number } {
  let count = 0;
  const step: BaseModel['step'] = (states, runner) => {
    const after = base.step?.(states, runner) ?? null;
    if (after !== null) count++;
    return after;
  };
  return { base: { ...base, step }, steps: () => count };
}

function layerByLayer(base: BaseModel): BaseModel {
  return { ...base, step: () => null };
}

/** With an adapter whose factors are all drawn at random. */
async function adapted(base: BaseModel, settings: Settings | null): Promise<AdaptedModel> {
  const model = new AdaptedModel(base);
  if (settings === null) return model;
  const random = RandomStream.seeded(5, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({ target_modules: 'all-linear', ...settings }), {
    random,
    labels: null,
  });
  const state = await model.exportState();
  for (const { tensors } of state.modules.values())
    for (const tensor of tensors.values()) for (const at of tensor.data.keys()) tensor.data[at] = 0.1 * random.normal();
  model.loadState(state);
  return model;
}

async function quantized(type: Parameters<typeof runQuantizeTask>[0]['type']): Promise<string> {
  const outputDirectory = path.join(folder, type);
  const description = await describeModel(bundled);
  const from = { name: 'small-llama', fingerprint: description.fingerprint };
  await runQuantizeTask(
    { kind: 'quantize', compute: 'native', modelDirectory: bundled, description, type, from, outputDirectory },
    { emit: () => undefined, signal: async () => null },
  );
  return outputDirectory;
}
