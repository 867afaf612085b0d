import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { GpuCounters, gpuCounters } from '../../../src-main/engine/compute/webgpu/counters.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

it('counts from start to stop, and asks for no sizes otherwise', () => {
  const counters = new GpuCounters();
  const unasked = () => {
    throw new Error('nothing is counted');
  };
  counters.dispatch('before', unasked);
  counters.readBack(unasked);
  counters.start();
  counters.dispatch('matmul', () => 8);
  counters.readBack(() => 4);
  counters.submit(() => undefined);
  const counted = { byProgram: { matmul: 1 }, dispatches: 1, boundBytes: 8, submits: 1, readBacks: 1, readBytes: 4 };
  const { hostMilliseconds, submitMilliseconds, ...others } = counters.stop();
  expect(others).toEqual(counted);
  expect(hostMilliseconds).toBeGreaterThanOrEqual(submitMilliseconds);
  counters.dispatch('after', unasked);
  counters.start();
  expect(counters.stop()).toMatchObject({ dispatches: 0, boundBytes: 0, readBacks: 0 });
});

it.skipIf(report?.available !== true)('counts what the device was asked for, an empty result not', async () => {
  await activateCompute('webgpu');
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const x = tf.ones([4, 3]);
  gpuCounters.start();
  const none = tf.gather(x, tf.tensor1d([], 'int32'));
  expect(none.shape).toEqual([0, 3]);
  expect(gpuCounters.stop().dispatches).toBe(0);
  gpuCounters.start();
  const sums = tf.add(x, x);
  expect(await sums.data()).toEqual(new Float32Array(12).fill(2));
  await sums.data();
  const { dispatches, boundBytes, submits, readBacks, readBytes } = gpuCounters.stop();
  // Values are only read back once.
  expect({ dispatches, readBacks, readBytes }).toEqual({ dispatches: 1, readBacks: 1, readBytes: 48 });
  expect(boundBytes).toBe(3 * 48);
  expect(submits).toBeGreaterThan(0);
});
