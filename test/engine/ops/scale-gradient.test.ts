import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { differentiated } from '../../../src-main/bench/conformance/differentiated.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { scaleGradient } from '../../../src-main/engine/ops/autograd/scale-gradient.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

it('passes values on and multiplies the whole gradient', () => {
  const x = tf.variable(tf.tensor2d([[1, 2, 3]]));
  const factor = tf.tensor2d([[10, 0, -1]]);
  // y = x² + 5x: the gradient of its sum is 2x + 5 without the factor.
  const { value, gradients } = differentiated(() => {
    const passed = scaleGradient(x, factor);
    return tf.add(tf.mul(passed, passed), tf.mul(passed, 5));
  }, [x]);
  expect([...value.dataSync()]).toEqual([6, 14, 24]);
  expect([...(gradients[0]?.dataSync() ?? [])]).toEqual([70, 0, -11]);
  expect(scaleGradient(x, undefined)).toBe(x);
  tf.dispose([x, factor, value, gradients]);
});
