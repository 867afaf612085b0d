import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { operationCases } from '../../../src-main/bench/conformance/cases.ts';
import {
  gradientDifferences,
  gradientTolerance,
  valueDifference,
  valueTolerance,
} from '../../../src-main/bench/conformance/check-operation.ts';
import { runTrajectory } from '../../../src-main/bench/gpu/trajectories.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
process.env['COTO_WEBGPU_PLAIN'] = '1';
const report = await reportOn('webgpu');

const resources = fileURLToPath(new URL('../../../assets', import.meta.url));
/** Software that imitates a card takes seconds of a processor for each program that it has not met before. */
const compileMilliseconds = 900_000;

/** One of each kind of kernel, those with the most buffers among them. */
const names = [
  /^lora linear 9 .*residual, derivative/,
  /^dora linear 13 .*gain, residual, activated/,
  /^hira linear 13 .* residual, activated/,
  /^attention/,
  /^layer norm/,
  /cross-entropy/,
];
const cases = names.map((name) => {
  const found = operationCases.find((operation) => name.test(operation.name));
  if (found === undefined) throw new Error(`no case is called ${name}`);
  return found;
});

describe.skipIf(report?.available !== true)('a card with no more than WebGPU promises', () => {
  beforeAll(async () => {
    await activateCompute('webgpu');
    tf.env().set('WEBGPU_CPU_FORWARD', false);
  });

  it('has neither float16 nor subgroups, and 8 buffers for a program', () => {
    const device: unknown = Reflect.get(tf.backend(), 'device');
    if (!isDevice(device)) throw new Error('the backend has no device');
    expect(device.features.has('shader-f16')).toBe(false);
    expect(device.features.has('subgroups')).toBe(false);
    expect(device.limits.maxStorageBuffersPerShaderStage).toBe(8);
  });

  it.each(cases)(
    'computes $name',
    async (operation) => {
      expect(await valueDifference(operation)).toBeLessThan(valueTolerance('webgpu'));
      for (const [name, difference] of await gradientDifferences(operation))
        expect(difference, name).toBeLessThan(gradientTolerance);
    },
    compileMilliseconds,
  );

  it(
    "trains DoRA with the losses of native's",
    async () => {
      const { difference, tolerance } = await runTrajectory('encoder-dora', resources, tmpdir());
      expect(difference).toBeLessThan(tolerance);
    },
    compileMilliseconds,
  );
});

function isDevice(value: unknown): value is GPUDevice {
  return typeof value === 'object' && value !== null && 'features' in value && 'limits' in value;
}
