import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RecordedRun } from '../../src-main/backend/reading/run-schemas.ts';
import { EventLog } from '../../src-main/backend/tensorboard/event-log.ts';
import { placeAt } from '../../src-main/backend/trackers/place.ts';
import type { RunReader } from '../../src-main/backend/trackers/readers/recorded-run.ts';
import { tensorboardReader } from '../../src-main/backend/trackers/readers/tensorboard.ts';
import { trainerStateReader } from '../../src-main/backend/trackers/readers/trainer-state.ts';
import { column } from '../src-shared/curves/make-curve.ts';
import { runPeer } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-peers-trackers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const points = z.record(z.string(), z.array(z.tuple([z.number(), z.number()])));
const readSchema = z.object({ scalars: points, texts: z.record(z.string(), z.string()) });
const writtenSchema = z.object({ written: points, log: z.array(z.record(z.string(), z.number())) });

async function runsIn(reader: RunReader, path: string): Promise<RecordedRun[]> {
  const place = await placeAt(path);
  const sources = await reader.find(place);
  return (await Promise.all(sources.map(async (source) => reader.read(source, place)))).flat();
}

const pointsOf = (run: RecordedRun | undefined, metric: string): [number, number][] => {
  const found = run?.columns.find(({ name }) => name === metric);
  return [...(found?.steps ?? [])].map((step, index) => [step, found?.values[index] ?? Number.NaN]);
};

test("TensorBoard's own reader finds the values that a run writes, and forgets what a resumed run repeats", () => {
  const logs = join(folder, 'logs');
  const steps = Array.from({ length: 200 }, (_, step) => step);
  const losses = steps.map((step) => 2.5 / (step + 1));
  const first = new EventLog(logs, { firstStep: 0, settings: { learning_rate: 0.001 } });
  first.add([
    column('loss', steps, losses),
    column(
      'p',
      steps,
      steps.map((step) => step / 199),
    ),
  ]);
  first.add([column('eval_accuracy', [199], [0.123456789])]);
  first.flush();
  const resumed = new EventLog(logs, { firstStep: 150, settings: { learning_rate: 0.001 } });
  resumed.add([column('loss', [150, 151], [9, 8])]);
  resumed.flush();
  const { scalars, texts } = readSchema.parse(runPeer('trackers.py', { read: logs }));
  expect(Object.keys(scalars).sort()).toEqual(['eval/accuracy', 'train/loss', 'train/p']);
  expect(scalars['train/loss']).toEqual([
    ...losses.slice(0, 150).map((loss, step) => [step, Math.fround(loss)]),
    [150, 9],
    [151, 8],
  ]);
  expect(scalars['train/p']?.[100]).toEqual([100, Math.fround(100 / 199)]);
  expect(JSON.parse(texts['args/text_summary'] ?? '')).toEqual({ learning_rate: 0.001 });
});

describe('files written by others', () => {
  let answer: z.infer<typeof writtenSchema>;
  beforeAll(() => {
    answer = writtenSchema.parse(runPeer('trackers.py', { write: folder }));
  });

  test("by PyTorch's SummaryWriter is read with equal values", async () => {
    const [run, ...others] = await runsIn(tensorboardReader, join(folder, 'torch'));
    expect(others).toEqual([]);
    expect(pointsOf(run, 'loss')).toEqual(answer.written['train/loss']);
    expect(pointsOf(run, 'eval_accuracy')).toEqual(answer.written['eval/accuracy']);
    expect(pointsOf(run, 'own metric')).toEqual(answer.written['own metric']);
    expect(run?.columns).toHaveLength(3);
    expect(run?.settings).toEqual({ learning_rate: 0.25, seed: 11 });
  });

  test('by the Trainer of Transformers is read alike from its events and its state', async () => {
    const [events] = await runsIn(tensorboardReader, join(folder, 'trainer'));
    const [state] = await runsIn(trainerStateReader, join(folder, 'trainer'));
    expect(readdirSync(join(folder, 'trainer'))).toContain('trainer_state.json');
    for (const metric of ['loss', 'grad_norm', 'learning_rate', 'eval_loss']) {
      const logged = answer.log.flatMap((entry) => {
        const [step, value] = [entry['step'], entry[metric]];
        return step === undefined || value === undefined ? [] : [[step, value] as const];
      });
      expect(logged.length).toBeGreaterThan(1);
      expect(pointsOf(state, metric)).toEqual(logged);
      expect(pointsOf(events, metric)).toEqual(logged.map(([step, value]) => [step, Math.fround(value)]));
    }
    expect(events?.settings).toMatchObject({ learning_rate: 0.05, max_steps: 8 });
    expect(state?.settings).toMatchObject({ max_steps: 8 });
  });
});
