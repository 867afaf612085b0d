import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cutSamples, readSamples, writeSamples } from '../../../src-main/engine/training/sample-files.ts';
import type { SampleInput } from '../../../src-shared/domain/runs/run-samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-samples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inputs: SampleInput[] = [
  { kind: 'prompt', text: 'One', reference: null },
  { kind: 'image', truth: 'cat', height: 1, width: 2, channels: 1, pixels: Uint8Array.of(7, 255) },
];
const sampled = (step: number) => ({
  step,
  milliseconds: 1.5,
  answers: [{ text: `at ${step}`, probability: null, isRight: true }],
});

it('samples come back from the folder of a run, up to the step that it goes on from', async () => {
  expect(await readSamples(folder, 100)).toBe(null);
  for (const step of [0, 10, 20]) await writeSamples(folder, step === 0 ? inputs : null, sampled(step));
  expect(await readSamples(folder, 10)).toEqual({ inputs, steps: [0, 10].map(sampled) });
  await cutSamples(folder, 10);
  expect(await readSamples(folder, 100)).toEqual({ inputs, steps: [0, 10].map(sampled) });
  const [first] = readdirSync(join(folder, 'samples'));
  writeFileSync(join(folder, 'samples', first ?? ''), 'damaged');
  expect(await readSamples(folder, 100)).toEqual({ inputs, steps: [sampled(10)] });
});
