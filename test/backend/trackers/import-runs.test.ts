import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EventLog } from '../../../src-main/backend/tensorboard/event-log.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { column } from '../../src-shared/curves/make-curve.ts';
import { closeBackends, type OpenBackend, openBackend, realEngine } from '../support.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-import-runs-'));
let backend: OpenBackend;
beforeAll(async () => {
  backend = await openBackend({ startEngine: realEngine });
});
afterEach(async () => {
  for (const { id } of await backend.handle('runs.list', {})) await backend.handle('runs.remove', { id });
});
afterAll(async () => {
  await closeBackends();
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** An event file with a loss of a hundred times the step, and one evaluation. */
function writeEvents(place: string, settings: object, steps: readonly number[]): string {
  const log = new EventLog(place, { firstStep: 0, settings });
  log.add([
    column(
      'loss',
      steps,
      steps.map((step) => step * 100),
    ),
    column('eval_accuracy', steps.slice(-1), [0.75]),
  ]);
  log.flush();
  return log.path;
}

async function curveOf({ id }: RunRecord, metric: string): Promise<[number, number][]> {
  const { steps, mean } = await backend.handle('runs.curve', { id, metric });
  return [...steps].map((step, index) => [step, mean[index] ?? 0]);
}

const namesOf = (runs: readonly RunRecord[]): string[] => runs.map(({ name }) => name).sort();

describe('event files of TensorBoard', () => {
  test('are a run a folder, with settings, curves and a result', async () => {
    const logs = join(folder, 'logs');
    writeEvents(join(logs, 'one'), { learning_rate: 0.5, seed: 7, num_train_epochs: 'many', output_dir: '/x' }, [1, 2]);
    // A resumed run has two files; the later one counts where both have a step.
    writeEvents(join(logs, 'deep', 'two'), {}, [1, 2, 3]);
    writeEvents(join(logs, 'deep', 'two'), {}, [3, 4]);
    const { runs, skipped } = await backend.handle('runs.import', { path: logs });
    expect(skipped).toEqual([]);
    expect(namesOf(runs)).toEqual(['deep/two', 'one']);
    const [two, one] = runs;
    if (one === undefined || two === undefined) throw new Error('a run is missing');
    expect(one).toMatchObject({
      status: 'completed',
      step: 2,
      adapterId: null,
      checkpoints: [],
      config: { learning_rate: 0.5, seed: 7, num_train_epochs: 3, model: '', dataset: '' },
      result: { accuracy: 0.75, trainLoss: 200, steps: 2 },
      origin: {
        format: 'tensorboard',
        path: join(logs, 'one'),
        run: 'one',
        settings: { learning_rate: 0.5, seed: 7, num_train_epochs: 'many', output_dir: '/x' },
      },
    });
    expect(await curveOf(two, 'loss')).toEqual([
      [1, 100],
      [2, 200],
      [3, 300],
      [4, 400],
    ]);
    expect(await curveOf(one, 'eval_accuracy')).toEqual([[2, 0.75]]);
    expect(await backend.handle('runs.list', {})).toHaveLength(2);
  });

  test('another import updates the run, including additions made meanwhile', async () => {
    const logs = join(folder, 'again');
    writeEvents(logs, {}, [1, 2]);
    const [first] = (await backend.handle('runs.import', { path: logs })).runs;
    await backend.handle('runs.update', { id: first?.id ?? '', note: 'mine' });
    writeEvents(logs, {}, [3]);
    const { runs } = await backend.handle('runs.import', { path: logs });
    expect(runs.map(({ id, note, step }) => [id, note, step])).toEqual([[first?.id, 'mine', 3]]);
  });

  test('names corrupt files, and imports the others', async () => {
    const logs = join(folder, 'partly');
    writeEvents(join(logs, 'good'), {}, [1]);
    const bad = writeEvents(join(logs, 'bad'), {}, [1]);
    const bytes = readFileSync(bad);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(bad, bytes);
    const { runs, skipped } = await backend.handle('runs.import', { path: logs });
    expect(namesOf(runs)).toEqual(['good']);
    expect(skipped).toEqual([expect.stringContaining(`${bad} is not an event file of TensorBoard or is corrupt`)]);
    await expect(backend.handle('runs.import', { path: bad })).rejects.toThrow(bad);
  });
});

describe("Trackio's databases", () => {
  const metrics = `timestamp TEXT NOT NULL, run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL`;
  const configs = `CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT NOT NULL, config TEXT NOT NULL, created_at TEXT NOT NULL)`;
  const row = (run: string, step: number, values: object, minute = 0): (string | number)[] => [
    `2026-05-01T10:${String(minute).padStart(2, '0')}:00.5`,
    run,
    step,
    JSON.stringify(values),
  ];

  test('current versions have runs with settings and times', async () => {
    const path = join(folder, 'project.db');
    const database = new SqliteDatabase(path);
    database.pragma('journal_mode = WAL');
    database.exec(`CREATE TABLE metrics (id INTEGER PRIMARY KEY, ${metrics}, log_id TEXT, space_id TEXT); ${configs}`);
    const insert = database.prepare('INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)');
    // Logged by Transformers' callback: the step is a value, and Trackio's own step counts the calls.
    insert.run(row('quiet-sea-1', 0, { 'train/loss': 2.5, 'train/epoch': 0.5, 'train/global_step': 10 }));
    insert.run(row('quiet-sea-1', 1, { 'eval/loss': 1.25, 'eval/accuracy': 0.5, 'train/global_step': 20 }, 2));
    insert.run(row('loud-sea-2', 7, { 'my metric': 1, image: { _type: 'trackio.image' }, broken: 'NaN' }));
    database
      .prepare('INSERT INTO configs (run_name, config, created_at) VALUES (?, ?, ?)')
      // orjson writes bytes.
      .run('quiet-sea-1', Buffer.from('{"learning_rate": 0.25, "_Username": "me", "lora": {"r": 4}}'), '2026-05-01');
    const { runs } = await backend.handle('runs.import', { path });
    database.close();
    expect(namesOf(runs)).toEqual(['loud-sea-2', 'quiet-sea-1']);
    const quiet = runs.find(({ name }) => name === 'quiet-sea-1');
    if (quiet === undefined) throw new Error('a run is missing');
    expect(quiet.origin).toMatchObject({ format: 'trackio', settings: { learning_rate: 0.25, 'lora.r': 4 } });
    expect(quiet.origin?.settings).not.toHaveProperty('_Username');
    expect(quiet).toMatchObject({ step: 20, result: { accuracy: 0.5, evalLoss: 1.25, trainSeconds: 120 } });
    expect(await curveOf(quiet, 'loss')).toEqual([[10, 2.5]]);
    const loud = await backend.handle('runs.metrics', { id: runs.find(({ id }) => id !== quiet.id)?.id ?? '' });
    expect(loud.map(({ name, lastStep }) => [name, lastStep])).toEqual([['my metric', 7]]);
  });

  test('first versions have several projects, without settings', async () => {
    const path = join(folder, 'first.db');
    const database = new SqliteDatabase(path);
    database.exec(`CREATE TABLE metrics (id INTEGER PRIMARY KEY, ${metrics}, project_name TEXT NOT NULL)`);
    for (const project of ['a', 'b'])
      database
        .prepare('INSERT INTO metrics (timestamp, run_name, step, metrics, project_name) VALUES (?, ?, ?, ?, ?)')
        .run(...row('run', 0, { loss: 1 }), project);
    database.close();
    const { runs } = await backend.handle('runs.import', { path });
    expect(namesOf(runs)).toEqual(['run', 'run (2)']);
  });

  test('versions with ids have several runs of a name, each with its own settings', async () => {
    const path = join(folder, 'ids.db');
    const database = new SqliteDatabase(path);
    database.exec(`CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, ${metrics});
      CREATE TABLE configs (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, run_name TEXT, config TEXT NOT NULL)`);
    for (const seed of [1, 2]) {
      database
        .prepare('INSERT INTO metrics (timestamp, run_name, step, metrics, run_id) VALUES (?, ?, ?, ?, ?)')
        .run(...row('run', 0, { loss: 1 }), `id-${seed}`);
      database
        .prepare('INSERT INTO configs (run_id, run_name, config) VALUES (?, ?, ?)')
        .run(`id-${seed}`, 'run', `{"seed": ${seed}}`);
    }
    database.close();
    const { runs } = await backend.handle('runs.import', { path });
    expect(runs.map(({ name, config }) => [name, config.seed])).toEqual([
      ['run', 1],
      ['run (2)', 2],
    ]);
  });

  test.each([
    ['no table of metrics', 'CREATE TABLE other (a)', /it has no metrics\.run_name/],
    [
      'a view in its place, which could compute without end',
      `CREATE VIEW metrics AS WITH RECURSIVE c (step) AS (SELECT 1 UNION ALL SELECT step FROM c)
         SELECT '' AS timestamp, '' AS run_name, step, '{}' AS metrics FROM c`,
      /it has no metrics\.run_name/,
    ],
  ])('with %s are refused', async (_, schema, message) => {
    const path = join(folder, 'hostile.db');
    rmSync(path, { force: true });
    const database = new SqliteDatabase(path);
    database.exec(schema);
    database.close();
    await expect(backend.handle('runs.import', { path })).rejects.toThrow(message);
  });

  test('rejects other files by name', async () => {
    const path = write(join(folder, 'no.db'), 'This is a text and no database. '.repeat(40));
    await expect(backend.handle('runs.import', { path })).rejects.toThrow(
      `${path} cannot be read as a database of Trackio`,
    );
  });
});

describe('trainer_state.json', () => {
  const state = (steps: number) =>
    JSON.stringify({
      global_step: steps,
      max_steps: 20,
      log_history: [
        { epoch: 0.5, grad_norm: 1.5, learning_rate: 0.01, loss: 2, step: 10 },
        { epoch: 1, eval_loss: 1.5, eval_accuracy: 0.25, eval_runtime: 3, step: 20 },
        { epoch: 1, train_runtime: 40, train_loss: 1.75, step: 20 },
      ].filter(({ step }) => step <= steps),
    });

  test('is read of the last checkpoint of each run, or of its end', async () => {
    const place = join(folder, 'trainers');
    for (const step of [10, 20]) write(join(place, 'early', `checkpoint-${step}`, 'trainer_state.json'), state(step));
    write(join(place, 'done', 'checkpoint-10', 'trainer_state.json'), state(10));
    write(join(place, 'done', 'trainer_state.json'), state(20));
    const { runs } = await backend.handle('runs.import', { path: place });
    expect(namesOf(runs)).toEqual(['done', 'early']);
    for (const run of runs)
      expect(run).toMatchObject({
        step: 20,
        config: { max_steps: 20 },
        result: {
          steps: 20,
          accuracy: 0.25,
          evalLoss: 1.5,
          trainLoss: 2,
          metrics: { accuracy: 0.25 },
          trainSeconds: 40,
          medianStepMilliseconds: 2000,
        },
      });
  });

  test.each([
    ['no JSON', 'nothing', /is not JSON/],
    ['another file', '{"a": 1}', /has no list log_history/],
    ['a list of other things', '{"log_history": [1]}', /has no list log_history/],
    ['nothing logged', '{"log_history": []}', /its log_history is empty/],
  ])('with %s is refused', async (_, content, message) => {
    const path = write(join(folder, 'bad', 'trainer_state.json'), content);
    await expect(backend.handle('runs.import', { path })).rejects.toThrow(message);
  });

  test('may have the numbers that JSON has no word for', async () => {
    const content = '{"log_history": [{"loss": NaN, "grad_norm": -Infinity, "step": 1}, {"loss": 2.0, "step": 2}]}';
    const path = write(join(folder, 'nan', 'trainer_state.json'), content);
    const [run] = (await backend.handle('runs.import', { path })).runs;
    expect(run && (await curveOf(run, 'loss'))).toEqual([[2, 2]]);
  });
});

test('a place without runs is refused with what could be there', async () => {
  const place = join(folder, 'empty');
  mkdirSync(place);
  await expect(backend.handle('runs.import', { path: place })).rejects.toThrow(
    /has no runs: event files of TensorBoard .* can be imported/,
  );
  await expect(backend.handle('runs.import', { path: join(place, 'gone') })).rejects.toThrow(/There is no file/);
  await expect(backend.handle('runs.import', { path: '/dev/null' })).rejects.toThrow(/neither a file nor a folder/);
});

test('an imported run is neither resumed, paused, cancelled nor saved, and can be removed', async () => {
  const place = join(folder, 'only');
  const path = writeEvents(place, {}, [1]);
  copyFileSync(path, join(folder, 'events.out.tfevents.1.host'));
  const [run] = (await backend.handle('runs.import', { path: join(folder, 'events.out.tfevents.1.host') })).runs;
  const id = run?.id ?? '';
  for (const name of ['runs.resume', 'runs.pause', 'runs.cancel', 'runs.stop'] as const)
    await expect(backend.handle(name, { id })).rejects.toThrow(/was imported/);
  await expect(backend.handle('runs.saveAdapter', { id })).rejects.toMatchObject({ code: 'refused' });
  // The curves that a rebuild takes.
  expect(await backend.handle('runs.remove', { id })).toEqual({ freedBytes: expect.toSatisfy((bytes) => bytes > 0) });
  expect(await backend.handle('runs.list', {})).toEqual([]);
});
