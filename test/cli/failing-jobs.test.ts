import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openStudio } from '../../src-main/cli/studio.ts';
import { adapterRecordSchema } from '../../src-shared/domain/adapter.ts';
import { type RunRecord, runRecordSchema } from '../../src-shared/domain/run.ts';
import { goldenPath } from '../engine/golden.ts';
import {
  caseFolder,
  copyOf,
  editBytes,
  editTensors,
  expectOneLine,
  expectRefused,
  goodData,
  halfWritten,
  writeIdx,
} from './bad-input-support.ts';
import { type CommandResult, cotoOn } from './run-command.ts';

const root = caseFolder();
const base = copyOf(root);
const data = goodData(join(root, 'bands'));
const small = ['per_device_train_batch_size=4', 'adapter.r=2', 'adapter.target_modules=[q_proj, v_proj]'];

/** A home that knows the tiny model and data. */
async function newHome(folder = caseFolder()): Promise<string> {
  const home = join(folder, 'home');
  const coto = cotoOn(home);
  expect(await coto(['models', 'add', base, '--name', 'tiny'])).toMatchObject({ code: 0, err: '' });
  expect(await coto(['datasets', 'add', data, '--name', 'bands'])).toMatchObject({ code: 0, err: '' });
  return home;
}

function training(...settings: string[]): string[] {
  return ['train', '--set', 'model=tiny', 'dataset=bands', ...small, ...settings];
}

/** Progress may be told on standard error before the one line of the error. */
function withoutProgress(result: CommandResult): CommandResult {
  return { ...result, err: result.err.replaceAll(/^(?:Training|Evaluating|Scoring|Merging).*\n/gm, '') };
}

async function onlyRun(home: string): Promise<RunRecord> {
  const { out } = await cotoOn(home)(['runs', 'list', '--json']);
  const runs = z.array(runRecordSchema).parse(JSON.parse(out));
  expect(runs).toHaveLength(1);
  return z.tuple([runRecordSchema]).parse(runs)[0];
}

async function adaptersOf(home: string): Promise<unknown> {
  expect(readdirSync(join(home, 'adapters'))).toEqual([]);
  return JSON.parse((await cotoOn(home)(['adapters', 'list', '--json'])).out);
}

/** The command fails in one line, the run keeps the very error, and neither adapter nor half a file is left. */
async function expectFailedRun(
  home: string,
  words: readonly string[],
  error: { code: string; says: readonly (string | RegExp)[] },
): Promise<RunRecord> {
  const result = withoutProgress(await cotoOn(home)(words));
  expectOneLine(result, error);
  const run = await onlyRun(home);
  expect(run).toMatchObject({ status: 'failed', adapterId: null, result: null, error: { code: error.code } });
  expect(result.err).toBe(`coto: ${run.error?.message} ${run.error?.hint}\n`);
  expect(run.finishedAt).not.toBeNull();
  expect(await adaptersOf(home)).toEqual([]);
  expect(halfWritten(home)).toEqual([]);
  return run;
}

describe('a loss that is no number', () => {
  // After the first update the weights are near the largest float32: the next products overflow.
  const diverging = ['max_steps=4', 'learning_rate=1e38', 'max_grad_norm=0', 'lr_scheduler_type=constant'];

  test('ends the run, says at which step, and keeps no checkpoint', async () => {
    const home = await newHome();
    const run = await expectFailedRun(home, training(...diverging, 'save_steps=3'), {
      code: 'not_finite',
      says: [
        /The (loss|gradient norm) is (not a number|infinite) \(step 2 of 4, learning rate 1\.00e\+38\)\. /,
        'max_grad_norm',
      ],
    });
    expect(run.checkpoints).toEqual([]);
    // The command answers a program in the same way.
    const asJson = await cotoOn(home)([...training(...diverging), '--json']);
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.out)).toEqual({
      error: { code: 'not_finite', message: run.error?.message, hint: run.error?.hint },
    });
  });

  test('is found after the last step too, before anything is handed on', async () => {
    const home = await newHome();
    await expectFailedRun(home, training(...diverging, 'max_steps=1'), {
      code: 'not_finite',
      says: ['after step 1 of 1', 'lower learning_rate'],
    });
    expect(existsSync(join(home, 'runs', (await onlyRun(home)).id, 'checkpoints', 'last'))).toBe(false);
  });

  test('does not hide behind weights that overflowed: no such checkpoint is written', async () => {
    const home = await newHome();
    const run = await expectFailedRun(home, training(...diverging, 'learning_rate=1e39', 'save_steps=1'), {
      code: 'not_finite',
      says: ["The adapter's weights are not numbers (step 1 of 4)."],
    });
    expect(run.checkpoints).toEqual([]);
  });

  test('comes from a damaged base: its tensor is named', async () => {
    const home = await newHome();
    const folder = copyOf(caseFolder());
    const tensor = 'vit.encoder.layer.0.intermediate.dense.weight';
    await editTensors(join(folder, 'model.safetensors'), (tensors) => {
      const { data: values } = tensors.get(tensor) ?? { data: [] };
      values[5] = Number.NaN;
    });
    await expectFailedRun(home, training(`model=${folder}`), {
      code: 'invalid_file',
      says: [join(folder, 'model.safetensors'), tensor, 'NaN', 'again'],
    });
  });
});

describe('what was there when the run was asked for and is not when it starts', () => {
  test('is named, and the window is told of each failure', async () => {
    const home = await newHome();
    const folder = caseFolder();
    const model = copyOf(folder);
    const [dataset, whole] = [goodData(join(folder, 'data')), goodData(join(folder, 'whole'))];
    const studio = await openStudio(home);
    try {
      const failures: { title: string; message: string; code: string | undefined }[] = [];
      studio.client.on('notification', ({ level, title, message, error }) => {
        if (level === 'failure') failures.push({ title, message, code: error?.code });
      });
      const config = { max_steps: 2, per_device_train_batch_size: 4, adapter: { r: 2, target_modules: ['q_proj'] } };
      const known = (await studio.client.request('models.list', {})).find(({ name }) => name === 'tiny')?.id ?? '';
      const create = (details: object) => studio.client.request('runs.create', { config: { ...config, ...details } });
      const runs = [
        await create({ model, dataset: whole }),
        await create({ model: known, dataset }),
        await create({
          model: known,
          dataset: data,
          learning_rate: 1e38,
          max_grad_norm: 0,
          lr_scheduler_type: 'constant',
        }),
      ];
      // The engine is not up yet: both are damaged before it reads them.
      truncateSync(join(model, 'model.safetensors'), 600);
      writeIdx(dataset, { t10k: { labels: [0, 9] } });
      const codes = ['invalid_file', 'invalid_file', 'not_finite'];
      await expect.poll(() => failures.length, { timeout: 20_000 }).toBe(3);
      for (const [index, { run }] of runs.entries()) {
        const { status, error } = await studio.client.request('runs.get', { id: run.id });
        expect(status).toBe('failed');
        expect(error?.code).toBe(codes[index]);
        expect(failures[index]).toEqual({ title: `Train ${run.name}`, message: error?.message, code: error?.code });
        const log = await studio.client.request('runs.log', { id: run.id });
        expect(log.some(({ level }) => level === 'error')).toBe(true);
      }
      expect(failures.map(({ message }) => message)).toEqual([
        expect.stringContaining('model.safetensors is cut short'),
        expect.stringMatching(/t10k-labels-idx1-ubyte has the label 9 in row 1/),
        expect.stringMatching(/loss|gradient norm/),
      ]);
    } finally {
      await studio.close();
    }
    expect(await adaptersOf(home)).toEqual([]);
    expect(halfWritten(home)).toEqual([]);
  });
});

describe('an output that cannot be written', () => {
  let home: string;
  beforeAll(async () => {
    home = await newHome();
    const lora = goldenPath('vit-28', 'adapters', 'lora');
    expect(await cotoOn(home)(['adapters', 'import', lora, '--name', 'good'])).toMatchObject({ code: 0 });
  });
  const logits = (out: string, inputs = goldenPath('vit-28', 'inputs.safetensors')) => [
    ...['logits', '--model', base, '--inputs', inputs, '--out', out],
  ];

  test('because a file is in the place of its folder', async () => {
    const file = join(caseFolder(), 'file');
    writeFileSync(file, '');
    await expectRefused(home, ['adapters', 'export', 'good', '--out', join(file, 'out')], {
      code: 'invalid_input',
      says: [join(file, 'out'), 'is not a folder', 'Choose a folder'],
    });
    expectOneLine(withoutLog(await cotoOn(home)(logits(join(file, 'out')))), {
      says: [join(file, 'out'), 'a file is in the place of one of its folders', 'Choose another path'],
    });
  });

  test('because something already exists', async () => {
    const folder = caseFolder();
    mkdirSync(join(folder, 'good'));
    writeFileSync(join(folder, 'good', 'mine.txt'), 'mine');
    await expectRefused(home, ['adapters', 'export', 'good', '--out', folder], {
      code: 'refused',
      says: [join(folder, 'good'), 'already exists', 'nothing is overwritten'],
    });
    expect(readdirSync(join(folder, 'good'))).toEqual(['mine.txt']);
  });

  test('because the inputs are missing: nothing is written', async () => {
    const folder = caseFolder();
    const inputs = join(folder, 'nothing.safetensors');
    expectOneLine(withoutLog(await cotoOn(home)(logits(join(folder, 'out'), inputs))), { says: [inputs] });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('because the home belongs to another backend', async () => {
    const studio = await openStudio(home);
    try {
      const says = ['already running on the home folder', home, `process ${process.pid}`, 'Close the other window'];
      expectOneLine(await cotoOn(home)(['runs', 'list']), { says });
      const asJson = await cotoOn(home)(['runs', 'list', '--json']);
      expect(JSON.parse(asJson.out)).toMatchObject({ error: { code: 'refused' } });
    } finally {
      await studio.close();
    }
    expect(await cotoOn(home)(['runs', 'list'])).toMatchObject({ code: 0, err: '' });
  });
});

test('a damaged database is named with a way out', async () => {
  const home = await newHome();
  editBytes(join(home, 'studio.sqlite'), (bytes) => bytes.fill(0x5a, 4096));
  expectOneLine(await cotoOn(home)(['models', 'list']), { says: ['database in the home folder is damaged', 'backup'] });
});

describe('a base that was damaged after it was added', () => {
  test('fails scoring, merging and studies alike, and leaves nothing of them; pruning needs no base', async () => {
    const folder = caseFolder();
    const [home, model] = [join(folder, 'home'), copyOf(folder)];
    const coto = cotoOn(home);
    expect(await coto(['datasets', 'add', data, '--name', 'bands'])).toMatchObject({ code: 0, err: '' });
    const trainedWell = await coto([
      'train',
      '--name',
      'one',
      '--set',
      `model=${model}`,
      `dataset=${data}`,
      'max_steps=1',
      ...small,
    ]);
    expect(trainedWell.code).toBe(0);
    const study = join(folder, 'study.yaml');
    writeFileSync(
      study,
      'kind: lambda\ndataset: bands\npoints: 3\npairs: [{ label: x, coto: false, from: one, to: one }]\n',
    );
    const before = readdirSync(join(home, 'adapters'));
    const weights = join(model, 'model.safetensors');
    truncateSync(weights, 5000);
    for (const words of [
      ['eval', '--dataset', 'bands', '--adapter', 'one'],
      ['merge', '--method', 'linear', '--adapters', 'one', 'one', '--out', join(folder, 'out')],
      ['study', study],
    ])
      expectOneLine(withoutProgress(await coto(words)), { says: [`${weights} is cut short`, 'again'] });
    expect(readdirSync(join(home, 'adapters'))).toEqual(before);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(halfWritten(home)).toEqual([]);
    const pruned = join(folder, 'pruned');
    expect(await coto(['prune', '--adapter', 'one', '--method', 'magnitude', '--out', pruned])).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(pruned, 'adapter_model.safetensors'))).toBe(true);
    const studio = await openStudio(home);
    try {
      const studies = await studio.client.request('studies.list', {});
      expect(studies.map(({ status, error }) => [status, error?.code])).toEqual([['failed', 'invalid_file']]);
    } finally {
      await studio.close();
    }
  });
});

/** The compute backend is said on standard error by `coto logits`. */
function withoutLog(result: CommandResult): CommandResult {
  return { ...result, err: result.err.replace(/^Computing on .*\n/, '') };
}

/** A file system of its own, full on demand: needs root and the right to mount. */
const disk = join(root, 'disk');
mkdirSync(disk);
// Before the folder is removed: hooks run in reverse order.
afterAll(() => {
  spawnSync('umount', [disk]);
});
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
if (!mounted) console.warn('No tmpfs can be mounted here (it needs root): the tests on a full disk are skipped.');

describe.skipIf(!mounted)('a full disk', () => {
  const filler = join(disk, 'filler');
  afterEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
    spawnSync('mount', ['-o', 'remount,size=1m', disk]);
  });

  /** Leaves about so many kilobytes free. */
  function fillBut(kilobytes: number): void {
    rmSync(filler, { force: true });
    const { stdout } = spawnSync('df', ['--output=avail', '-k', disk], { encoding: 'utf8' });
    const available = Number(stdout.split('\n')[1]);
    writeFileSync(filler, Buffer.alloc(Math.max(0, available - kilobytes) * 1024));
  }

  test('is said of the adapter or the file that does not fit, and leaves nothing of it', async () => {
    const home = await newHome();
    const lora = goldenPath('vit-28', 'adapters', 'lora');
    expect(await cotoOn(home)(['adapters', 'import', lora, '--name', 'good'])).toMatchObject({ code: 0 });
    fillBut(4);
    const target = join(disk, 'exported');
    await expectRefused(home, ['adapters', 'export', 'good', '--out', target], {
      code: 'disk_full',
      says: [target, 'the disk is full', 'Free some space'],
    });
    fillBut(0);
    const file = join(disk, 'out.safetensors');
    const words = ['logits', '--model', base, '--inputs', goldenPath('vit-28', 'inputs.safetensors'), '--out', file];
    expectOneLine(withoutLog(await cotoOn(home)(words)), { says: [file, 'the disk is full'] });
    expect(readdirSync(disk)).toEqual(['filler']);
  });

  test('ends a run at the checkpoint that does not fit; the earlier ones stay, and it can be resumed', async () => {
    const home = await newHome(disk);
    // What the studio keeps from its first start on has its place before the disk is filled.
    await cotoOn(home)(['datasets', 'list']);
    fillBut(550);
    const settings = training('max_steps=8', 'save_steps=1', 'adapter.r=8', 'adapter.target_modules=all-linear');
    const run = await expectFailedRun(home, settings, {
      code: 'disk_full',
      says: [
        // Which of the two meets the end of the disk first is chance: the checkpoint, or the history in the database.
        /checkpoints\/step-0000\d\d\S* cannot be written: the disk is full\.|The disk is full: the studio's database/,
        /resumed from its checkpoint at step \d+\./,
      ],
    });
    expect(run.checkpoints.length).toBeGreaterThan(0);
    // Every checkpoint that is recorded is whole, and no folder is there beside them.
    const folders = readdirSync(join(home, run.folder, 'checkpoints')).sort();
    expect(folders).toEqual(run.checkpoints.map(({ folder }) => folder.split('/').at(-1)).sort());
    for (const { folder } of run.checkpoints)
      expect(readdirSync(join(home, folder))).toEqual(
        expect.arrayContaining(['adapter_model.safetensors', 'optimizer.safetensors', 'trainer_state.json']),
      );
    // Space is freed: the run goes on to its end.
    expect(spawnSync('mount', ['-o', 'remount,size=4m', disk]).status).toBe(0);
    expect((await cotoOn(home)(['runs', 'resume', run.id])).code).toBe(0);
    expect(await onlyRun(home)).toMatchObject({ status: 'completed', step: 8, error: null });
  });

  test('that keeps even the database from growing is told all the same, and the run can be resumed later', async () => {
    const home = await newHome(disk);
    fillBut(170);
    const words = training('max_steps=1000', 'per_device_train_batch_size=1', 'logging_steps=1');
    const result = withoutProgress(await cotoOn(home)(words));
    expectOneLine(result, { says: ["The disk is full: the studio's database", 'Free some space'] });
    rmSync(filler);
    // Whether its end could still be written depends on the last kilobytes.
    const run = await onlyRun(home);
    expect(run).toMatchObject({ status: expect.stringMatching(/^(failed|interrupted)$/), adapterId: null });
    expect(run.error?.code).toBe(run.status === 'failed' ? 'disk_full' : 'disconnected');
    expect(await adaptersOf(home)).toEqual([]);
    expect(halfWritten(home)).toEqual([]);
  });
});

describe('a run whose process is killed', () => {
  const trained = z.object({ run: runRecordSchema, adapter: adapterRecordSchema });
  const metricRow = z.object({ name: z.string(), step: z.number(), value: z.number() });
  const shown = z.object({ run: runRecordSchema, metrics: z.array(metricRow) });
  const script = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));
  const settings = training(
    'max_steps=120',
    'save_steps=5',
    'eval_steps=30',
    'learning_rate=0.01',
    'coto={}',
    'adapter.lora_dropout=0.1',
  );

  test('is interrupted, and resumed to the very result of one that was left alone', async () => {
    const [home, other] = [await newHome(), await newHome()];
    const child = spawn(process.execPath, [script, ...settings, '--home', home], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const database = new SqliteDatabase(join(home, 'studio.sqlite'), { readonly: true });
    while (database.prepare('SELECT step FROM checkpoints WHERE step >= 10').get() === undefined) {
      expect(child.exitCode).toBeNull();
      await wait(5);
    }
    database.close();
    child.kill('SIGKILL');
    expect((await exited)[1]).toBe('SIGKILL');
    // What such a process was writing when it was killed.
    const [id = ''] = readdirSync(join(home, 'runs'));
    const unfinished = join(home, 'runs', id, 'checkpoints', '.step-000015.0123456789ab.tmp');
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'adapter_model.safetensors'), 'half');

    const interrupted = await onlyRun(home);
    expect(interrupted).toMatchObject({
      status: 'interrupted',
      adapterId: null,
      error: {
        code: 'disconnected',
        hint: expect.stringMatching(/^It can be resumed from its checkpoint at step \d+\.$/),
      },
    });
    expect(interrupted.checkpoints.every(({ step }) => step < 120)).toBe(true);
    expect(halfWritten(home)).toEqual([]);
    expect(await adaptersOf(home)).toEqual([]);

    const resumed = await cotoOn(home)(['runs', 'resume', id, '--json']);
    expect(resumed.code).toBe(0);
    const alone = await cotoOn(other)([...settings, '--json']);
    expect(alone.code).toBe(0);
    const [one, two] = [resumed, alone].map(({ out }) => trained.parse(JSON.parse(out)));
    expect(one?.run.status).toBe('completed');
    expect(one?.adapter.sha256).toBe(two?.adapter.sha256);
    expect(one?.run.result?.accuracy).toBe(two?.run.result?.accuracy);
    expect(one?.run.result?.evalLoss).toBe(two?.run.result?.evalLoss);
    const curve = async (at: string, runId: string) => {
      const { metrics } = shown.parse(JSON.parse((await cotoOn(at)(['runs', 'show', runId, '--json'])).out));
      return metrics.filter(({ name }) => ['loss', 'p', 'active_share', 'eval_accuracy'].includes(name));
    };
    const [first, second] = [await curve(home, id), await curve(other, two?.run.id ?? '')];
    expect(first.filter(({ name }) => name === 'loss').map(({ step }) => step)).toEqual([...Array(120).keys()]);
    expect(first).toEqual(second);
    const tensors = (at: string, folder = '') => readFileSync(join(at, folder, 'adapter_model.safetensors'));
    expect(tensors(home, one?.adapter.folder).equals(tensors(other, two?.adapter.folder))).toBe(true);
  });
});
