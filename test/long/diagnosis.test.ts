import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { badSetUps } from '../../bench/diagnosis/bad.ts';
import { countOutcomes, evaluate, type Outcome } from '../../bench/diagnosis/evaluate.ts';
import { goodSetUps } from '../../bench/diagnosis/good.ts';
import { openStudio, type Studio } from '../../src-main/cli/studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-diagnosis-'));
const outcomes: Outcome[] = [];
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(join(folder, 'home'), { isScratch: true });
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each([...badSetUps, ...goodSetUps])('$name is trained and diagnosed', async (setUp) => {
  const outcome = await evaluate(studio.client, setUp, folder);
  outcomes.push(outcome);
  // A training that another fault than the expected one ends would count as a miss, and hide it.
  if (outcome.status === 'failed') expect(outcome.found, outcome.error ?? '').toContain('diverged');
});

test('names at least 36 of 40 bad set-ups rightly, with false alarms about at most 2 of 40 good ones', () => {
  const wrong = outcomes.filter(({ isRight }) => !isRight).map(({ name, found }) => `${name}: ${found.join(', ')}`);
  const { bad, good, named, alarms } = countOutcomes(outcomes);
  expect([bad, good]).toEqual([40, 40]);
  expect(named, wrong.join('; ')).toBeGreaterThanOrEqual(36);
  expect(alarms, wrong.join('; ')).toBeLessThanOrEqual(2);
});
