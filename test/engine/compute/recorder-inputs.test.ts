import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { passRecorder } from '../../../src-main/engine/compute/active-recorder.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { GpuPassRecorder } from '../../../src-main/engine/compute/webgpu/replay/pass-recorder.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

beforeAll(async () => {
  if (report?.available) await activateCompute('webgpu');
});

describe.skipIf(report?.available !== true)('the inputs of a replayed pass', () => {
  it('are those of its step, also of a type that the host writes in another form', async () => {
    const recorder = passRecorder();
    if (!(recorder instanceof GpuPassRecorder)) throw new Error('nothing records');
    const owner = {};
    const { replayed } = recorder.counts;
    const found: number[] = [];
    for (let step = 0; step < 5; step++) {
      const sum = tf.tidy(() => {
        const inputs = {
          given: tf.tensor1d(new Float32Array(256).fill(1)),
          mask: tf.tensor1d(
            Array.from({ length: 256 }, (_, at) => at < 10 * step),
            'bool',
          ),
        };
        const place = { layer: 0, isBackward: false };
        const parts = [{ ...place, variant: '' }];
        return recorder.run({ owner, shapes: '', parts, inputs, variables: [], isKept: true }, ({ enter }) => {
          enter(place);
          return { value: tf.sum(tf.where(inputs.mask, inputs.given, tf.neg(inputs.given))), gradients: new Map() };
        }).value;
      });
      found.push((await sum.data())[0] ?? Number.NaN);
      sum.dispose();
    }
    recorder.release(owner);
    expect(recorder.counts.replayed).toBe(replayed + 3);
    expect(found).toEqual([-256, -236, -216, -196, -176]);
  });
});
