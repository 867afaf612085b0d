import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { HalfState } from '../../../src-main/engine/ops/autograd/half-state.ts';
import { passGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

describe.skipIf(report?.available !== true)('states that wait in bfloat16 on WebGPU', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
    tf.env().set('WEBGPU_CPU_FORWARD', false);
    // Disposed buffers count as used until the commands that read them are submitted.
    tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 1);
  });

  it('are rounded to the nearest, ties to even, an odd number of them too', async () => {
    const given = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -Math.PI, Number.POSITIVE_INFINITY, Number.NaN, 3e38];
    const half = HalfState.of(tf.tensor2d(given, [1, 7]));
    expect(half.pairs.shape).toEqual([4]);
    const restored = half.restored();
    expect(restored.shape).toEqual([1, 7]);
    const values = [...(await restored.data())];
    expect(values.slice(0, 6)).toEqual([1, 1, 1 + 2 ** -6, -3.140625, Number.POSITIVE_INFINITY, Number.NaN]);
    expect(Math.abs((values[6] ?? 0) / 3e38 - 1)).toBeLessThan(2 ** -8);
    half.pairs.dispose();
    restored.dispose();
  });

  it('give gradients within two percent, in less memory, and leave nothing behind', async () => {
    const base = await loadBaseModel(goldenPath('llama', 'base'));
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(goldenPath('llama', 'adapters', 'lora'), base.description));
    const ids = Int32Array.from({ length: 64 * 32 }, (_, at) => 3 + ((at * 13) % 60));
    const labels = tf.tensor1d(
      Int32Array.from(ids, (_, at) => ids[at + 1] ?? -100),
      'int32',
    );
    const variables = [...model.trainable().values()];
    const used = () => Number(Reflect.get(tf.memory(), 'numBytesInGPU'));
    const pass = async (halved: boolean) => {
      const [tensors, bytes] = [tf.memory().numTensors, used()];
      let kept = 0;
      const [value, ...gradients] = tf.tidy(() => {
        // Read while they are in memory: a device's values are not at hand at once.
        const inputs = tensorsOf(new Map([['input_ids', { shape: [64, 32], data: ids }]]));
        const made = passGradients({ halved }, model, inputs, variables, (states) => {
          kept = used() - bytes;
          return model.loss(states, labels);
        });
        return [made.value, ...variables.map(({ name }) => made.gradients.get(name) ?? tf.scalar(Number.NaN))];
      });
      const loss = (await value?.data())?.[0];
      const all: number[] = [];
      for (const gradient of gradients) all.push(...(await gradient.data()));
      tf.dispose([value, gradients]);
      expect(tf.memory().numTensors).toBe(tensors);
      return { loss, all, kept };
    };
    // Its own buffers are kept from the first pass on.
    await pass(false);
    const [whole, halved] = [await pass(false), await pass(true)];
    // Nothing is rounded on the way forward.
    expect(halved.loss).toBe(whole.loss);
    expect(relativeDifference(halved.all, whole.all)).toBeGreaterThan(0);
    expect(relativeDifference(halved.all, whole.all)).toBeLessThan(0.02);
    expect(halved.kept).toBeLessThan(0.75 * whole.kept);
    labels.dispose();
    model.dispose();
    base.dispose();
  });
});
