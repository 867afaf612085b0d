import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { runTrajectory } from '../../src-main/bench/gpu/trajectories.ts';
import { trajectoryIds } from '../../src-main/bench/gpu/trajectory-ids.ts';
import { activateCompute, computeBackends } from '../../src-main/engine/compute/index.ts';

const resources = fileURLToPath(new URL('../../assets', import.meta.url));
const native = computeBackends.find(({ id }) => id === 'native');
const isHere = (await native?.probe())?.available === true;

/** The reference for every other backend in `coto doctor --gpu`. */
describe.skipIf(!isHere)('native', () => {
  beforeAll(() => activateCompute('native'));

  it.each(trajectoryIds)('gives the losses that are written down: %s', async (id) => {
    const before = tf.memory().numTensors;
    const { losses, golden, difference, tolerance } = await runTrajectory(id, resources, tmpdir());
    expect(losses).toHaveLength(golden.length);
    expect(difference).toBeLessThan(tolerance);
    expect(tf.memory().numTensors).toBe(before);
  });
});
