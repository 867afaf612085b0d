import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { studyRecordSchema } from '../../src-shared/domain/studies/study.ts';
import { caseFolders, copyOf, goodData } from './bad-input-support.ts';
import { killCommandBy } from './killed-command.ts';
import { cotoOn } from './run-command.ts';
import { writeSmallAblation } from './small-ablation.ts';

const caseFolder = caseFolders();

const folder = caseFolder();
const base = copyOf(folder);
const data = goodData(join(folder, 'bands'));
const file = join(folder, 'ablation.yaml');
writeSmallAblation(file, {
  ...{ model: base, dataset: data, name: 'Does CoTo help?', run: { max_steps: 12 } },
  grid: { coto: [null, {}], learning_rate: [1e-3, 1e-2] },
  seeds: [1, 2, 3],
});

const rows = (home: string, sql: string): unknown[] => {
  const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
  const found = database.prepare(sql).all();
  database.close();
  return found;
};
const finishedRuns = (home: string) =>
  z
    .array(z.object({ id: z.string(), finished_at: z.number() }))
    .parse(rows(home, "SELECT id, finished_at FROM runs WHERE status = 'completed' ORDER BY id"));
const keptScores = (home: string) =>
  z
    .array(z.object({ key: z.string(), created_at: z.number() }))
    .parse(rows(home, 'SELECT key, created_at FROM scores ORDER BY key'));

test('a study that is killed goes on without repeating a training or a score, to the result of an undisturbed one', async () => {
  const home = join(folder, 'killed');
  await killCommandBy('killed-at-fourth-run.ts', ['study', file, '--home', home]);
  const trained = finishedRuns(home);
  expect(trained).toHaveLength(3);

  const coto = cotoOn(home);
  const second = await coto(['study', file, '--json', '--report']);
  expect(second, second.err).toMatchObject({ code: 0 });
  const done = studyRecordSchema.parse(JSON.parse(second.out));
  // Twelve runs in all, eight of which train together first, and those that were at their end have not been touched.
  expect(finishedRuns(home)).toHaveLength(12);
  expect(rows(home, 'SELECT id FROM runs')).toHaveLength(12);
  expect(finishedRuns(home)).toEqual(expect.arrayContaining(trained));
  const scores = keptScores(home);
  expect(scores).toHaveLength(12);

  // Once more costs nothing: no run is added, no score renewed.
  const third = studyRecordSchema.parse(JSON.parse((await coto(['study', file, '--json'])).out));
  expect(third.result).toEqual(done.result);
  expect(rows(home, 'SELECT id FROM runs')).toHaveLength(12);
  expect(keptScores(home)).toEqual(scores);

  const undisturbed = await cotoOn(join(folder, 'undisturbed'))(['study', file, '--json']);
  expect(studyRecordSchema.parse(JSON.parse(undisturbed.out)).result).toEqual(done.result);
});

test('the command prints its table, and the report has it with its figures', async () => {
  const coto = cotoOn(join(folder, 'killed'));
  const { out, code, err } = await coto(['study', file, '--report']);
  expect(code, err).toBe(0);
  expect(out).toMatch(/without CoTo, learning rate 0.001 \(reference\)/);
  expect(out).toMatch(/report {2}\S+report\.html/);
});
