import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { FrozenTensors } from '../../../src-main/engine/models/blocks/weights.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { TensorSource } from '../../../src-main/engine/tensors/safetensors.ts';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

/** Relative tolerances of rounded values: half of the last of 11 bits, and of 8. */
const tolerances = { float16: 2 ** -11, bfloat16: 2 ** -8 } as const;

const used = () => Number(Reflect.get(tf.memory(), 'numBytesInGPU'));

describe.skipIf(report?.available !== true)('a float32 base whose matrices are rounded on WebGPU', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
  });

  it.each(['float16', 'bfloat16'] as const)('keeps them in %s, a table with inputs first too', async (halves) => {
    const values = Float32Array.from({ length: 6 * 8 }, (_, at) => Math.sin(at + 1) / 3);
    const before = used();
    const tensors = new FrozenTensors(source({ w: values }), { halves });
    for (const fanInFanOut of [false, true]) {
      await tensors.loadLinear(linear(fanInFanOut));
      const { weight, isEncoded } = tensors.linear(linear(fanInFanOut));
      expect(isEncoded).toBe(true);
      expect(used() - before).toBe(2 * values.length);
      const expected = fanInFanOut
        ? Float32Array.from(values, (_, at) => values[(at % 6) * 8 + Math.floor(at / 6)] ?? 0)
        : values;
      const difference = relativeDifference(await weight.data(), expected);
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(tolerances[halves]);
      weight.dispose();
    }
  });

  it('leaves one in float32 whose values float16 cannot hold, and tells its name', async () => {
    const values = new Float32Array(6 * 8).fill(1);
    values[7] = 70_000;
    const told: string[] = [];
    const options = { onTooLarge: (name: string) => told.push(name) };
    for (const halves of ['float16', 'bfloat16'] as const) {
      const tensors = new FrozenTensors(source({ w: values }), { ...options, halves });
      await tensors.loadLinear(linear(false));
      expect(tensors.linear(linear(false)).isEncoded).toBe(halves === 'bfloat16');
      if (halves === 'float16') expect(await tensors.linear(linear(false)).weight.data()).toEqual(values);
      tensors.dispose();
    }
    expect(told).toEqual(['w.weight']);
  });

  it('names what is not finite', async () => {
    const tensors = new FrozenTensors(source({ w: new Float32Array(48).fill(Number.NaN) }), { halves: 'float16' });
    await expect(tensors.loadLinear(linear(false))).rejects.toThrow(
      'tensor "w.weight" contains numbers that are not finite',
    );
  });

  it('gives nearly the same loss', async () => {
    const losses: number[] = [];
    for (const options of [{}, { halves: 'float16' }] as const) {
      const base = await loadBaseModel(goldenPath('llama', 'base'), options);
      const model = new AdaptedModel(base);
      const ids = Int32Array.from({ length: 48 }, (_, at) => 3 + ((at * 13) % 60));
      const loss = tf.tidy(() => {
        const labels = tf.tensor1d(
          Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100),
          'int32',
        );
        const inputs = tensorsOf(new Map([['input_ids', { shape: [2, 24], data: ids }]]));
        return model.loss(model.states(inputs), labels);
      });
      losses.push((await loss.data())[0] ?? Number.NaN);
      model.dispose();
      base.dispose();
    }
    const [whole = 0, half = 0] = losses;
    expect(half).not.toBe(whole);
    expect(Math.abs(half / whole - 1)).toBeLessThan(5e-4);
  });
});

function linear(fanInFanOut: boolean): LinearModule {
  return {
    name: 'w',
    checkpointKey: 'w',
    kind: 'linear',
    fanInFanOut,
    hasBias: false,
    isHead: false,
    isMissing: false,
    aliases: [],
    layer: 0,
    inFeatures: 8,
    outFeatures: 6,
  };
}

/** Matrices of 6 × 8 in memory. */
function source(matrices: Readonly<Record<string, Float32Array>>): TensorSource {
  const tensor = (name: string) => {
    const data = matrices[name.replace('.weight', '')];
    if (data === undefined) throw new Error(`no tensor ${name}`);
    return { shape: [6, 8], data };
  };
  const names = Object.keys(matrices).map((name) => `${name}.weight`);
  return {
    path: 'memory',
    names,
    has: (name) => names.includes(name),
    info: () => ({ dtype: 'F32', shape: [6, 8] }),
    read: async (name) => tensor(name),
    lend: async (name, use) => use({ ...tensor(name), finite: tensor(name).data.every(Number.isFinite) }),
    close: async () => undefined,
  };
}
