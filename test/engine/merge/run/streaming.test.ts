import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { MergeModule, ModuleContext, WeightMergeMethod } from '../../../../src-main/engine/merge/merge-method.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { mergeFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { change } from '../states.ts';

/** Keys of the tensors that were read, in order. */
const keys = vi.hoisted((): string[] => []);
vi.mock(import('../../../../src-main/engine/tensors/safetensors.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    openSafetensors: async (file: string) => {
      const opened = await module.openSafetensors(file);
      const stage: typeof opened.stage = (name, arena) => {
        keys.push(name);
        return opened.stage(name, arena);
      };
      return { ...opened, stage };
    },
  };
});

const base = goldenPath('llama', 'base');
const inputs = ['a0', 'a1', 'a2'].map((name) => goldenPath('llama', 'merges', 'equal', name));
const scratch = mkdtempSync(path.join(tmpdir(), 'coto-streaming-'));
let description: ModelDescription;
beforeAll(async () => {
  description = await describeModel(base);
});
beforeEach(() => {
  keys.length = 0;
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** The linear merge, with a look at what each module is given. */
function watched(look: MergeModule): WeightMergeMethod {
  const linear = mergeMethod('linear');
  if (linear.makes !== 'adapter') throw new Error('linear makes an adapter');
  return { ...linear, mergeModule: look };
}

function merge(method: WeightMergeMethod, name: string, weights = [0.5, 0.25, 0.25]) {
  const request = { method, weights, parameters: {}, base: { description, directory: base } };
  return mergeFolders(request, inputs, path.join(scratch, name));
}

test('each tensor is read once, and none before its module has its turn', async () => {
  const seen: string[] = [];
  const read: number[] = [];
  await merge(
    watched((updates, _weights, _parameters, context) => {
      seen.push(context.name);
      read.push(keys.length);
      const [first] = updates;
      if (!first) throw new Error('no update');
      // Part of the input is a result as well: it stays until it was written.
      return first;
    }),
    'order',
  );
  expect(read).toEqual(seen.map((_, index) => 6 * (index + 1)));
  expect(new Set(keys.map((key) => key.split('.lora_')[0])).size).toBe(seen.length);
  const expected = await readSafetensors(path.join(inputs[0] ?? '', 'adapter_model.safetensors'));
  const written = await readSafetensors(path.join(scratch, 'order', 'adapter_model.safetensors'));
  expect(new Map([...written].sort())).toEqual(new Map([...expected].sort()));
});

test('a method is told the layer, may read the base, and draws the same for one seed', async () => {
  const contexts: ModuleContext[] = [];
  const weights: number[] = [];
  const draws: number[] = [];
  const method = watched(async (updates, _weights, _parameters, context) => {
    contexts.push(context);
    const weight = await context.baseWeight();
    weights.push(weight.data[1] ?? Number.NaN);
    draws.push(context.random('a/0').uniform(), context.random('a/1').uniform());
    const [first] = updates;
    expect(weight.shape).toEqual([first?.b.shape[0], first?.a.shape[1]]);
    return first ?? { a: weight, b: weight, rank: 0, scaling: 1 };
  });
  await merge(method, 'contexts');
  const stored = await readSafetensors(path.join(base, 'model.safetensors'));
  contexts.forEach(({ name, layer }, index) => {
    expect(layer).toBe(Number(/layers\.(\d+)\./.exec(name)?.[1]));
    expect(weights[index]).toBe(stored.get(`${name}.weight`)?.data[1]);
  });
  const before = [...draws];
  expect(new Set(before).size).toBe(before.length);
  draws.length = 0;
  await merge(method, 'contexts-again');
  expect(draws).toEqual(before);
});

test('rejects non-finite values by name, and leaves nothing', async () => {
  const overflow = watched(([first]) => {
    if (!first) throw new Error('no update');
    return { ...first, a: { ...first.a, data: first.a.data.map(() => Number.POSITIVE_INFINITY) } };
  });
  await expect(merge(overflow, 'overflow')).rejects.toThrow(
    /q_proj\.lora_A\.weight contains numbers that are not finite/,
  );
  const state = await readAdapter(inputs[0] ?? '', description);
  const [name = '', factors] = [...state.modules][0] ?? [];
  if (!factors) throw new Error('no module');
  const b = factors.tensors.get('b');
  if (!b) throw new Error('no B');
  const nothing = { ...b, data: Float32Array.from(b.data, () => Number.NaN) };
  const spoilt = { ...factors, tensors: new Map([...factors.tensors, ['b', nothing]]) };
  const folder = path.join(scratch, 'spoilt');
  const modules = new Map([...state.modules, [name, spoilt]]);
  await writeAdapter(folder, { ...state, modules }, { description, baseModelName: 'golden/llama' });
  const request = {
    method: mergeMethod('linear'),
    weights: [1, 1],
    parameters: {},
    base: { description, directory: base },
  };
  await expect(mergeFolders(request, [folder, folder], path.join(scratch, 'merged'))).rejects.toThrow(
    new RegExp(`spoilt.*${name.replaceAll('.', '\\.')}\\.lora_B\\.weight contains numbers that are not finite`),
  );
  expect(existsSync(path.join(scratch, 'merged'))).toBe(false);
  expect(readdirSync(scratch).filter((entry) => entry.endsWith('.tmp'))).toEqual([]);
});

test.each(['vera-no-projections', 'randlora-no-projections'])(
  'projections that %s leaves out are drawn for the merge',
  async (name) => {
    const folder = goldenPath('llama', 'adapters', name);
    const state = await readAdapter(folder, description);
    const whole = path.join(scratch, `${name}-whole`);
    await writeAdapter(
      whole,
      { ...state, parameters: { ...state.parameters, save_projection: true } },
      { description, baseModelName: 'base' },
    );
    const request = {
      method: mergeMethod('weight-average'),
      weights: [0.5, 0.5],
      parameters: {},
      base: { description, directory: base },
    };
    const tensors = async (from: string) => {
      const into = path.join(scratch, `${path.basename(from)}-merged`);
      await mergeFolders(request, [from, from], into);
      return readSafetensors(path.join(into, 'adapter_model.safetensors'));
    };
    expect((await readSafetensors(path.join(whole, 'adapter_model.safetensors'))).size).toBe(
      2 * state.modules.size + 2,
    );
    expect(await tensors(folder)).toEqual(await tensors(whole));
  },
);

test.each(['core-space', 'tsv-m', 'knots', 'lora-lego', 'robustmerge', 'aligned-average'])(
  '%s from folders, on the kernels of the arena, is what it is in memory',
  async (id) => {
    const method = mergeMethod(id);
    const request = { method, weights: [0.5, 0.25, 0.25], parameters: {}, base: { description, directory: base } };
    const folder = path.join(scratch, `streamed-${id}`);
    await mergeFolders(request, inputs, folder);
    const streamed = await readAdapter(folder, description);
    const inMemory = await mergeStates(
      request,
      await Promise.all(inputs.map((input) => readAdapter(input, description))),
    );
    expect([...streamed.modules.keys()].sort()).toEqual([...inMemory.modules.keys()].sort());
    for (const [name, own] of inMemory.modules) {
      const written = streamed.modules.get(name);
      expect(written && relativeDifference(change(written), change(own)), name).toBeLessThanOrEqual(1e-5);
    }
  },
);
