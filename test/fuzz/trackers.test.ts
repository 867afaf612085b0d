import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { encodeEvent } from '../../src-main/backend/tensorboard/event.ts';
import { EventLog } from '../../src-main/backend/tensorboard/event-log.ts';
import { encodeRecord, readRecords } from '../../src-main/backend/tensorboard/records.ts';
import type { RunReader } from '../../src-main/backend/trackers/readers/recorded-run.ts';
import { tensorboardReader } from '../../src-main/backend/trackers/readers/tensorboard.ts';
import { trackioReader } from '../../src-main/backend/trackers/readers/trackio.ts';
import { trainerStateReader } from '../../src-main/backend/trackers/readers/trainer-state.ts';
import { column } from '../src-shared/curves/make-curve.ts';
import { fuzzCases } from './cases.ts';
import { expectReadOrRefused } from './corrupt.ts';
import { mutateBytes, seededNumbers } from './mutations.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-fuzz-trackers-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const read = (reader: RunReader, path: string) => reader.read(path, { path, isFolder: false, files: [path] });

function eventFile(): Buffer {
  const log = new EventLog(home, { firstStep: 0, settings: { learning_rate: 0.5, adapter: { r: 8 } } });
  log.add([column('loss', [0, 1, 2], [3, 2, 1]), column('eval_accuracy', [2], [0.5])]);
  log.flush();
  const bytes = readFileSync(log.path);
  rmSync(log.path);
  return bytes;
}

test(`${fuzzCases} corrupt event files are read or refused in words`, async () => {
  const original = eventFile();
  const random = seededNumbers(11);
  const path = join(home, 'events.out.tfevents.1.host');
  const refused = await expectReadOrRefused(fuzzCases, path, async () => {
    writeFileSync(path, mutateBytes(original, random));
    await read(tensorboardReader, path);
  });
  // One that ends early is read as far as it goes.
  expect(refused).toBeGreaterThan(fuzzCases / 2);
  writeFileSync(path, original);
  expect(await read(tensorboardReader, path)).toHaveLength(1);
});

test(`${fuzzCases} event files with right sums and corrupt events are read or refused in words`, async () => {
  const path = join(home, 'events.out.tfevents.2.host');
  writeFileSync(path, eventFile());
  const records: Buffer[] = [];
  for await (const record of readRecords(path)) records.push(Buffer.from(record));
  // Record of PyTorch's add_hparams, with a map in an encoded message.
  const hparams = Buffer.from('1a120a100a026c7212090211000000000000e03f', 'hex');
  const value = { tag: '_hparams_', metadata: { pluginData: { pluginName: 'hparams', content: hparams } } };
  records.push(Buffer.from(encodeEvent({ summary: { value: [value] } })));
  const random = seededNumbers(12);
  const refused = await expectReadOrRefused(fuzzCases, path, async () => {
    writeFileSync(path, Buffer.concat(records.map((record) => encodeRecord(mutateBytes(record, random)))));
    await read(tensorboardReader, path);
  });
  expect(refused).toBeGreaterThan(0);
});

test(`${fuzzCases} corrupt databases of Trackio are read or refused in words`, async () => {
  const path = join(home, 'project.db');
  const database = new SqliteDatabase(path);
  database.pragma('page_size = 512');
  database.exec(`CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT);
    CREATE INDEX by_run ON metrics (run_name, step);
    CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT)`);
  for (let step = 0; step < 20; step++)
    database
      .prepare('INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)')
      .run('2026-05-01T10:00:00', `run-${step % 2}`, step, JSON.stringify({ 'train/loss': 1 / (step + 1) }));
  database.exec(`INSERT INTO configs (run_name, config) VALUES ('run-0', '{"learning_rate": 0.5}')`);
  database.close();
  const original = readFileSync(path);
  const random = seededNumbers(13);
  const refused = await expectReadOrRefused(fuzzCases, path, async () => {
    writeFileSync(path, mutateBytes(original, random));
    await read(trackioReader, path);
  });
  expect(refused).toBeGreaterThan(fuzzCases / 20);
  writeFileSync(path, original);
  expect(await read(trackioReader, path)).toHaveLength(2);
});

test(`${fuzzCases} corrupt trainer states are read or refused in words`, async () => {
  const path = join(home, 'trainer_state.json');
  const original = JSON.stringify({
    global_step: 2,
    log_history: [
      { epoch: 0.5, loss: 2.5, grad_norm: 1, learning_rate: 1e-3, step: 1 },
      { epoch: 1, eval_loss: 1.5, eval_accuracy: 0.5, step: 2 },
    ],
  });
  const random = seededNumbers(14);
  const refused = await expectReadOrRefused(fuzzCases, path, async () => {
    writeFileSync(path, mutateBytes(Buffer.from(original), random));
    await read(trainerStateReader, path);
  });
  expect(refused).toBeGreaterThan(fuzzCases / 4);
  writeFileSync(path, original);
  expect(await read(trainerStateReader, path)).toHaveLength(1);
});
