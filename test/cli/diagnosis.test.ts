import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { badSetUps } from '../../bench/diagnosis/bad.ts';
import { evaluate } from '../../bench/diagnosis/evaluate.ts';
import { goodSetUps } from '../../bench/diagnosis/good.ts';
import { openStudio, type Studio } from '../../src-main/cli/studio.ts';
import { findings } from '../../src-shared/diagnosis/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-diagnosis-'));
let studio: Studio;
beforeAll(async () => {
  studio = await openStudio(join(folder, 'home'), { isScratch: true });
});
afterAll(async () => {
  await studio?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Set-ups of few steps, far from every threshold. `test/long/diagnosis.test.ts` trains all. */
const sample = ['rate of 3', 'test rows in the training data', 'label before the text', 'rate of 2e-3'];

test.each(sample)('%s: a real training is diagnosed rightly', async (name) => {
  const setUp = [...badSetUps, ...goodSetUps].find((one) => one.name === name);
  if (setUp === undefined) throw new Error(`no set-up is named ${name}`);
  const { found, isRight } = await evaluate(studio.client, setUp, folder);
  expect(isRight, `found ${found.join(', ') || 'nothing'}`).toBe(true);
});

test('40 bad and 40 good set-ups have names and seeds of their own, and the bad ones every kind of finding', () => {
  const all = [...badSetUps, ...goodSetUps];
  expect([badSetUps.length, goodSetUps.length]).toEqual([40, 40]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(80);
  expect(new Set(all.map(({ run }) => run['seed'])).size).toBe(80);
  expect(new Set(badSetUps.map(({ expected }) => expected))).toEqual(new Set(findings.map(({ id }) => id)));
});
