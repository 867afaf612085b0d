import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { PartError } from '../../src-main/bench/gpu/guarded-worker.ts';
import {
  finishConformance,
  proofWeight,
  proveBackend,
  unprovenBackend,
} from '../../src-main/bench/gpu/prove-backend.ts';
import { leftOut, TimeBudget } from '../../src-main/bench/gpu/time-budget.ts';
import { trajectoryIds } from '../../src-main/bench/gpu/trajectory-ids.ts';
import { workloads } from '../../src-main/bench/workloads/index.ts';

it('gives what a part leaves to those after it, and never less than a start of a driver takes', () => {
  let now = 100;
  const budget = new TimeBudget(240, 6, () => now);
  expect(budget.take(1)).toBeCloseTo(40);
  now += 10;
  expect(budget.take(2)).toBeCloseTo(92);
  budget.skip(2);
  expect(budget.take(1)).toBeCloseTo(230);
  now += 205;
  expect(budget.take(1)).toBeCloseTo(25);
  now += 10;
  // Less than a start takes: left out.
  expect(budget.take(1)).toBeNull();
  now += 100;
  expect(budget.remaining).toBe(0);
});

const options = {
  quick: false,
  isNamed: true,
  shapes: workloads,
  trajectories: trajectoryIds,
  resources: '',
  folder: '/no/such/folder',
  report: () => undefined,
};

/** The answer of a card. */
const probed = {
  id: 'webgpu',
  available: true,
  reason: '',
  adapter: { device: 'A card', kind: 'gpu', memoryBytes: null, driver: null, features: [], limits: {} },
};

/** A backend whose parts take what `cost` says of the seconds that they are given, on a clock of the test. */
async function proveWith(seconds: number, cost: (given: number, budget: TimeBudget) => number) {
  let now = 0;
  const budget = new TimeBudget(seconds, proofWeight(options), () => now);
  const asked: string[] = [];
  const proof = unprovenBackend('webgpu');
  const open = () => ({
    silence: 60,
    close: async () => undefined,
    ask: async <Schema extends z.ZodType>(request: object, schema: Schema, given: number): Promise<z.infer<Schema>> => {
      const what = String(Reflect.get(request, 'do'));
      asked.push(what);
      now += cost(given, budget);
      if (what !== 'probe') throw new PartError('unfinished', 'Its time was over.');
      return schema.parse(probed);
    },
  });
  await proveBackend(proof, { ...options, open }, budget, async () => undefined);
  return { proof, asked, took: now };
}

describe('a proof on a card on which every part takes all of its time', () => {
  it('ends within its limit, and leaves nothing out', async () => {
    const { proof, asked, took } = await proveWith(480, (given) => given);
    expect(took).toBeLessThanOrEqual(480);
    expect(proof.steps.map(({ outcome }) => outcome)).toEqual(workloads.map(() => 'unfinished'));
    expect(asked.filter((what) => what === 'trajectory')).toHaveLength(trajectoryIds.length);
  });

  it('leaves out what does not fit, and says so', async () => {
    // The guard of a process ends a request at the end of all time at the latest.
    const { proof, took } = await proveWith(60, (given, budget) => Math.min(given, budget.remaining));
    expect(took).toBeLessThanOrEqual(60);
    expect(proof.trajectories).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining(leftOut) });
    expect(proof.steps.map(({ outcome, reason }) => [outcome, reason])).toEqual(
      workloads.map(() => ['skipped', leftOut]),
    );
  });
});

it('goes on with a slow conformance suite in what the other parts leave', async () => {
  let now = 0;
  const total = 40;
  const budget = new TimeBudget(480, proofWeight(options), () => now);
  const places: number[] = [];
  const open = () => ({
    silence: 60,
    close: async () => undefined,
    // A case takes nine seconds, any other part one.
    ask: async <Schema extends z.ZodType>(request: object, schema: Schema): Promise<z.infer<Schema>> => {
      const what = Reflect.get(request, 'do');
      now += what === 'conformance' ? 9 : 1;
      if (what === 'probe') return schema.parse(probed);
      if (what !== 'conformance') throw new PartError('unfinished', 'Its time was over.');
      const from = Number(Reflect.get(request, 'from'));
      places.push(from);
      const differences = { largestValueDifference: 0, largestGradientDifference: 0 };
      const next = from + 1 < total ? from + 1 : null;
      return schema.parse({ total, checked: 1, passed: 1, ...differences, failures: [], next });
    },
  });
  const proof = unprovenBackend('webgpu');
  await proveBackend(proof, { ...options, open }, budget, async () => undefined);
  expect(proof.conformance).toMatchObject({ outcome: 'unfinished', found: { checked: places.length } });
  await finishConformance(proof, { ...options, open }, budget, async () => undefined);
  expect(proof.conformance).toMatchObject({
    outcome: 'passed',
    reason: '',
    seconds: 9 * total,
    found: { checked: total },
  });
  expect(places).toEqual([...Array(total).keys()]);
  expect(now).toBeLessThanOrEqual(480);
});
