import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { metricOf } from '../../src-main/backend/tensorboard/tags.ts';
import { placeAt } from '../../src-main/backend/trackers/place.ts';
import { trackioReader } from '../../src-main/backend/trackers/readers/trackio.ts';
import { runPeer, trackioPython } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-peers-trackio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answerSchema = z.object({
  version: z.string(),
  runs: z.record(
    z.string(),
    z.object({
      config: z.record(z.string(), z.unknown()),
      logged: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
    }),
  ),
});

const python = trackioPython();
describe.skipIf(python === null)('a project of Trackio', () => {
  test('is read with the names, settings and values that its own library was given', async () => {
    const began = Date.now();
    const { runs } = answerSchema.parse(runPeer('trackio_project.py', { write: folder }, [], python ?? ''));
    const place = await placeAt(folder);
    const sources = await trackioReader.find(place);
    expect(sources).toEqual([join(folder, 'digits.db')]);
    const read = (await Promise.all(sources.map(async (source) => trackioReader.read(source, place)))).flat();
    expect(read.map(({ name }) => name).sort()).toEqual(['first', 'second']);
    for (const run of read) {
      const given = runs[run.name];
      expect(run.settings).toMatchObject({ learning_rate: given?.config['learning_rate'], seed: 11, optim: 'adamw' });
      expect(Object.keys(run.settings).some((name) => name.startsWith('_'))).toBe(false);
      const found = Object.fromEntries(
        run.columns.map(({ name, steps, values }) => [name, [...steps].map((step, at) => [step, values[at]])]),
      );
      const logged = Object.entries(given?.logged ?? {}).map(([tag, points]) => [metricOf(tag), points] as const);
      expect(found).toEqual(Object.fromEntries(logged));
      expect(Object.keys(found)).toContain('eval_accuracy');
      expect(run.startedAt).toBeGreaterThanOrEqual(began - 1000);
      expect(run.finishedAt).toBeLessThanOrEqual(Date.now() + 1000);
    }
  });
});
