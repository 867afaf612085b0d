import * as tf from '@tensorflow/tfjs-core';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { operationCases } from '../conformance/cases.ts';
import {
  gradientDifferences,
  gradientTolerance,
  valueDifference,
  valueTolerance,
} from '../conformance/check-operation.ts';
import { trainingChecks } from '../conformance/check-training.ts';
import type { GpuAnswer } from './protocol.ts';
import type { Conformance } from './report.ts';

interface Measured {
  /** "value", or the input that a gradient is of. */
  readonly what: string;
  readonly difference: number;
  readonly tolerance: number;
}

interface Check {
  readonly name: string;
  run(id: ComputeId): Promise<Measured[]>;
}

/** The whole suite, mixed, so that any beginning of it has something of every kind; the same order everywhere. */
const checks: readonly Check[] = RandomStream.seeded(17, 'study').shuffle([
  ...operationCases.map(
    (operation): Check => ({
      name: operation.name,
      run: async (id) => [
        { what: 'value', difference: await valueDifference(operation), tolerance: valueTolerance(id) },
        ...[...(await gradientDifferences(operation))].map(([what, difference]) => ({
          what: `gradient of ${what}`,
          difference,
          tolerance: gradientTolerance,
        })),
      ],
    }),
  ),
  ...trainingChecks.map(
    ({ name, tolerance, run }): Check => ({
      name,
      run: async () => [{ what: 'value', difference: await run(), tolerance }],
    }),
  ),
]);

/** Checks from place `from` on until `seconds` have passed; each also has to leave no tensor behind. */
export async function checkConformance(
  id: ComputeId,
  from: number,
  seconds: number,
  isAlive: () => void,
): Promise<GpuAnswer<'conformance'>> {
  const found: Conformance = {
    total: checks.length,
    checked: 0,
    passed: 0,
    largestValueDifference: 0,
    largestGradientDifference: 0,
    failures: [],
  };
  const until = performance.now() + 1000 * seconds;
  let at = from;
  for (; at < checks.length && (at === from || performance.now() < until); at++) {
    const check = checks[at];
    if (check === undefined) continue;
    const before = tf.memory().numTensors;
    const failuresBefore = found.failures.length;
    found.checked++;
    try {
      for (const measured of await check.run(id)) see(found, check.name, measured);
      if (tf.memory().numTensors !== before) fail(found, check.name, 'it keeps tensors', null);
    } catch (thrown) {
      fail(found, check.name, thrown instanceof Error ? thrown.message : String(thrown), null);
    }
    if (found.failures.length === failuresBefore) found.passed++;
    isAlive();
  }
  return { ...found, next: at < checks.length ? at : null };
}

function see(found: Conformance, name: string, { what, difference, tolerance }: Measured): void {
  const kind = what === 'value' ? 'largestValueDifference' : 'largestGradientDifference';
  if (Number.isFinite(difference)) found[kind] = Math.max(found[kind], difference);
  // Not a number is no difference below any tolerance.
  if (!(difference < tolerance)) fail(found, name, what, { difference, tolerance });
}

function fail(
  found: Conformance,
  name: string,
  what: string,
  measured: { readonly difference: number; readonly tolerance: number } | null,
): void {
  const difference = measured !== null && Number.isFinite(measured.difference) ? measured.difference : null;
  found.failures.push({ name, what, difference, tolerance: measured?.tolerance ?? null });
}
