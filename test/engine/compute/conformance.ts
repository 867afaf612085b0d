import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { operationCases as everyCase, type OperationCase } from '../../../src-main/bench/conformance/cases.ts';
import {
  gradientDifferences,
  gradientTolerance,
  makeGradients,
  valueDifference,
  valueTolerance,
} from '../../../src-main/bench/conformance/check-operation.ts';
import { trainingChecks } from '../../../src-main/bench/conformance/check-training.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { registerWasmKernels, unregisterWasmKernels } from '../../../src-main/engine/compute/wasm-kernels/index.ts';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { RandomStream } from '../../../src-shared/random.ts';

/** Backends that need a process of their own get it: each test file runs in one. */
process.env['COTO_ENGINE_PROCESS'] = 'child';

/**
 * Holds a backend of this machine, in the ways in which the engine can compute with it, to double-precision references. One test
 * file a backend: it stays within the time of a test file, and a backend that needs a process of its own has it.
 */
export async function testConformance(id: ComputeId): Promise<void> {
  const operationCases = casesOn(id);
  const report = await reportOn(id);
  const available = report?.available ?? false;
  for (const { way, activate } of waysOf(id))
    describe.skipIf(!available)(available ? way : `${way} (not here: ${report?.reason})`, () => {
      beforeAll(async () => {
        await activate();
        if (way === 'wasm') expect(registerWasmKernels()).toBe(true);
      });

      it.each(operationCases)('$name: value', async (operation) => {
        expect(await valueDifference(operation)).toBeLessThan(valueTolerance(id));
      });

      it.each(operationCases.filter(({ wanted }) => wanted.length > 0))('$name: gradients', async (operation) => {
        for (const [name, difference] of await gradientDifferences(operation))
          expect(difference, name).toBeLessThan(gradientTolerance);
      });

      it.each(trainingChecks)('$name', async ({ tolerance, run }) => {
        const before = tf.memory().numTensors;
        expect(await run()).toBeLessThan(tolerance);
        expect(tf.memory().numTensors).toBe(before);
      });

      it('keeps no tensor from one gradient to the next', async () => {
        const before = tf.memory().numTensors;
        // The tape is the same on every backend; a device's queue makes each of its gradients slow.
        for (const operation of operationCases)
          await makeGradients(operation, id === 'webgpu' ? operation.wanted.slice(0, 1) : operation.wanted);
        expect(tf.memory().numTensors).toBe(before);
      });
    });
}
/** On WebGPU, which software computes in most tests, a third drawn by the seed COTO_CONFORMANCE; all where it says `all`. */
function casesOn(id: ComputeId): readonly OperationCase[] {
  const { COTO_CONFORMANCE: seed = '1' } = process.env;
  if (id !== 'webgpu' || seed === 'all') return everyCase;
  const random = RandomStream.seeded(Number(seed), 'study');
  return everyCase.filter(() => random.uniform() < 1 / 3);
}

interface Way {
  readonly way: string;
  readonly activate: () => Promise<void>;
}

/** Ways to activate a backend: like the engine, and for wasm also without the project's own kernels. */
function waysOf(id: ComputeId): readonly Way[] {
  const activate = async () => {
    await activateCompute(id);
    // Small tensors are computed on the device too, not handed to tfjs's plain JavaScript.
    if (id === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
  };
  if (id !== 'wasm') return [{ way: id, activate }];
  const compositions = async () => {
    await activate();
    unregisterWasmKernels();
  };
  return [
    { way: id, activate },
    { way: `${id}, compositions only`, activate: compositions },
  ];
}
