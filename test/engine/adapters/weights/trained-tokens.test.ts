import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededBy } from '../../../../src-main/engine/adapters/fresh/seed-adapter.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { runExportMergedTask } from '../../../../src-main/engine/jobs/export-merged.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { softmaxCrossEntropy } from '../../../../src-main/engine/ops/index.ts';
import { ignoredLabel } from '../../../../src-main/engine/ops/loss/softmax-cross-entropy.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { checkpointedLossGradients, lossGradients } from '../../../../src-main/engine/training/loss-gradients.ts';
import { type AdapterSettings, adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { attendedValues, floats, goldenPath, relativeDifference, taken, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const families = ['llama', 'llama3', 'gpt2', 'gemma2'];
const cases = families.flatMap((family) =>
  readdirSync(goldenPath(family, 'adapters'))
    .filter((name) => /-(tokens|save)\b/.test(name))
    .filter((name) => existsSync(goldenPath(family, 'adapters', name, 'gradients.safetensors')))
    .map((name) => ({ family, name, folder: goldenPath(family, 'adapters', name) })),
);
const scratch = mkdtempSync(join(tmpdir(), 'coto-tokens-'));
const bases = new Map<string, { base: BaseModel; inputs: ReadonlyMap<string, HostTensor> }>();

beforeAll(async () => {
  await activateCompute(testCompute);
  for (const family of families)
    bases.set(family, {
      base: await loadBaseModel(goldenPath(family, 'base')),
      inputs: await readSafetensors(goldenPath(family, 'inputs.safetensors')),
    });
});
afterAll(() => {
  for (const { base } of bases.values()) base.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

describe.each(cases)('$family $name', ({ family, folder }) => {
  it("has autograd's loss and gradients, with and without all logits and checkpointing, and keeps no tensor", async () => {
    const { base, inputs } = openedBase(family);
    const expected = await readSafetensors(join(folder, 'gradients.safetensors'));
    const { data, shape } = taken(expected, 'labels');
    const tokens = shape[1] ?? 1;
    const labels = Int32Array.from(data, (_, at) => (at % tokens === tokens - 1 ? ignoredLabel : Number(data[at + 1])));
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(folder, base.description));
    const variables = model.trainable();
    const names = [...expected.keys()].filter((key) => key.startsWith('grad.'));
    expect(names.map((key) => key.slice('grad.base_model.model.'.length)).sort()).toEqual([...variables.keys()].sort());
    const given = tensorsOf(inputs);
    const target = tf.tensor1d(labels, 'int32');
    // Values that a module keeps for DoRA's norms stay with the base.
    tf.tidy(() => model.head(model.statesFrom(model.embed(given))));
    const before = tf.memory().numTensors;
    for (const compute of [lossGradients, checkpointedLossGradients])
      for (const loss of ['in blocks', 'of all logits'])
        tf.tidy(() => {
          const { value, gradients } = compute(model, given, [...variables.values()], (states) =>
            loss === 'in blocks' ? model.loss(states, target) : softmaxCrossEntropy(model.head(states), target),
          );
          expect(relativeDifference(value.dataSync(), floats(taken(expected, 'loss')))).toBeLessThan(1e-5);
          for (const [name, variable] of variables) {
            const gradient = gradients.get(variable.name)?.dataSync() ?? [];
            const difference = relativeDifference(gradient, floats(taken(expected, `grad.base_model.model.${name}`)));
            expect(difference, `${name} (${loss}, ${compute.name}) is off by ${difference}`).toBeLessThan(1e-4);
          }
        });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([given, target]);
    model.dispose();
  });

  it("exports as a model with the adapter's outputs, a head that was tied with its own weight", async () => {
    const { base, inputs } = openedBase(family);
    const outputDirectory = join(scratch, `${family}-${folder.split('/').at(-1)}`);
    const state = await readAdapter(folder, base.description);
    const places = { modelDirectory: goldenPath(family, 'base'), adapterDirectory: folder, outputDirectory };
    const task = { kind: 'export-merged' as const, compute: testCompute, dtype: null, chatTemplate: null, ...places };
    await runExportMergedTask(task, { emit: () => undefined, signal: async () => null });
    const whole = new AdaptedModel(await loadBaseModel(outputDirectory));
    const expected = taken(await readSafetensors(join(folder, 'expected.safetensors')), 'logits');
    const attended = attendedValues(logitsOf(whole, inputs), expected, inputs.get('attention_mask'));
    expect(relativeDifference(...attended)).toBeLessThan(1e-4);
    const isTied = (directory: string) => json(directory, 'config.json')['tie_word_embeddings'] !== false;
    const changesOne = [...state.saved.keys()].some(
      (key) => key.startsWith('lm_head') || key.endsWith('embed_tokens.weight'),
    );
    if (isTied(goldenPath(family, 'base'))) expect(isTied(outputDirectory)).toBe(!changesOne);
    whole.base.dispose();
  });
});

describe('a new adapter', () => {
  const settings = (given: unknown): AdapterSettings =>
    adapterSettingsSchema.parse({ r: 2, target_modules: ['q_proj'], trainable_token_indices: given });
  const create = async (family: string, given: unknown, more: object = {}) => {
    const model = new AdaptedModel(openedBase(family).base);
    const ids = new Map([['<end>', 7]]);
    await model.createAdapter(
      { ...settings(given), ...more },
      { random: RandomStream.seeded(1, 'initialization'), labels: null, tokenId: (text) => ids.get(text) ?? null },
    );
    return model;
  };

  it("starts with the base's rows, so that it changes nothing, and finds tokens by their text", async () => {
    const { base, inputs } = openedBase('llama3');
    const plain = logitsOf(new AdaptedModel(base), inputs);
    const model = await create('llama3', ['<end>', 3]);
    // The head's rows of its tokens are a product of their own, which may sum in another order.
    expect(relativeDifference(logitsOf(model, inputs), plain)).toBeLessThan(1e-6);
    const state = await model.exportState();
    expect(state.config.trainable_token_indices).toEqual([7, 3]);
    const rows = state.saved.get('model.embed_tokens.token_adapter.trainable_tokens_delta');
    const table = base.frozen(base.description.linears[0] ?? fail()).weight.dataSync();
    const width = base.description.hiddenSize;
    expect(rows).toEqual({
      shape: [2, width],
      data: Float32Array.from([...table.slice(7 * width, 8 * width), ...table.slice(3 * width, 4 * width)]),
    });
    model.dispose();
  });

  it('is always trained and on, whatever CoTo switches off', async () => {
    const model = await create('llama3', { lm_head: [2] });
    const groups = model.groups('layer');
    model.setActive(groups, new Uint8Array(groups.length));
    expect(groups.flatMap(({ variableNames }) => variableNames).some((name) => name.includes('token'))).toBe(false);
    expect(model.lowestActiveLayer()).toBe(model.base.layerCount);
    const embedded = await create('llama3', [2]);
    embedded.setActive(embedded.groups('layer'), new Uint8Array(groups.length));
    expect(embedded.lowestActiveLayer()).toBe(0);
    model.dispose();
    embedded.dispose();
  });

  it.each([
    [[64], 'token 64 is not one of the 64 tokens of model.embed_tokens'],
    [[3, 3], 'token 3 is named twice'],
    [['<new>'], 'the tokenizer has no token "<new>"'],
    [{ wte: [1] }, 'the base has no embedding or head "wte"'],
  ])('refuses %o', async (given, message) => {
    await expect(create('llama', given)).rejects.toThrow(`trainable_token_indices: ${message}`);
  });

  it.each([
    [{ modules_to_save: ['embed_tokens'] }, 'also named by modules_to_save'],
    [{ target_modules: ['embed_tokens', 'q_proj'] }, 'also named by target_modules'],
    [{ variant: 'hira', parameters: {} }, 'has no trained tokens in PEFT'],
  ])('refuses %o beside trained tokens', async (more, message) => {
    await expect(create('llama', [3], more)).rejects.toThrow(message);
  });

  it('comes back from its folder with the same tokens, and starts another run with them alone', async () => {
    const { base } = openedBase('llama');
    const model = await create('llama', { lm_head: [9, 2] });
    const state = await model.exportState();
    const folder = join(scratch, 'again');
    await writeAdapter(folder, state, { description: base.description, baseModelName: 'x' });
    const again = await readAdapter(folder, base.description);
    expect(again.saved).toEqual(state.saved);
    expect(json(folder, 'adapter_config.json')['trainable_token_indices']).toEqual({ lm_head: [9, 2] });
    expect(seededBy(again, state).saved).toEqual(state.saved);
    const other = await (await create('llama', { lm_head: [2, 9] })).exportState();
    expect(() => seededBy(again, other)).toThrow('it trains other tokens');
    model.dispose();
  });
});

describe('a merge', () => {
  const read = (name: string) =>
    readAdapter(goldenPath('llama3', 'adapters', name), openedBase('llama3').base.description);
  const merge = (...states: Awaited<ReturnType<typeof read>>[]) =>
    mergeStates(
      {
        method: mergeMethod('weight-average'),
        weights: states.map(() => 0.5),
        parameters: {},
        base: { description: openedBase('llama3').base.description, directory: '' },
      },
      states,
    );

  it('averages the rows of the same tokens, and keeps which tokens they are', async () => {
    const state = await read('lora-tokens');
    const key = 'model.embed_tokens.token_adapter.trainable_tokens_delta';
    const { shape, data } = state.saved.get(key) ?? fail();
    const twice = {
      ...state,
      saved: new Map([[key, { shape, data: Float32Array.from(data, (value) => 3 * Number(value)) }]]),
    };
    const merged = await merge(state, twice);
    expect(merged.config.trainable_token_indices).toEqual([5, 3, 63]);
    expect(
      relativeDifference(
        floats(merged.saved.get(key) ?? fail()),
        Float32Array.from(data, (value) => 2 * Number(value)),
      ),
    ).toBeLessThan(1e-6);
    const single = await merge(await read('lora'), state);
    expect(single.config.trainable_token_indices).toEqual([5, 3, 63]);
  });

  it('refuses adapters with other tokens', async () => {
    const state = await read('lora-tokens');
    const other = { ...state, config: { ...state.config, trainable_token_indices: [5, 3, 62] } };
    await expect(merge(state, other)).rejects.toThrow('trains other tokens (trainable_token_indices)');
  });
});

function openedBase(family: string) {
  return bases.get(family) ?? fail();
}

function logitsOf(model: AdaptedModel, inputs: ReadonlyMap<string, HostTensor>): Float32Array {
  const given = tensorsOf(inputs);
  const { logits } = model.outputs(given);
  const values = Float32Array.from(logits?.dataSync() ?? []);
  tf.dispose([given, logits ?? []]);
  return values;
}

function json(directory: string, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory, name), 'utf8'));
}

function fail(): never {
  throw new Error('missing');
}
