import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { adapterRecordSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { goldenPath } from '../engine/golden.ts';
import { expectOneLine, expectRefused, halfWritten } from './bad-input-support.ts';
import {
  adaptersOf,
  expectFailedRun,
  failingJobs,
  onlyRun,
  training,
  withoutLog,
  withoutProgress,
} from './failing-jobs-support.ts';
import { killCommandBy } from './killed-command.ts';
import { cotoOn } from './run-command.ts';

const { base, newHome, root } = failingJobs();

/** A file system of its own, full on demand: needs root and the right to mount. */
const disk = join(root, 'disk');
mkdirSync(disk);
// Before the folder is removed: hooks run in reverse order.
afterAll(() => {
  spawnSync('umount', [disk]);
});
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]).status === 0;
if (!mounted) console.warn('No tmpfs can be mounted here (it needs root): the tests on a full disk are skipped.');

describe.skipIf(!mounted)('a full disk', () => {
  const filler = join(disk, 'filler');
  afterEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
    spawnSync('mount', ['-o', 'remount,size=2m', disk]);
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
    // The first start creates its files before the disk is filled.
    await cotoOn(home)(['datasets', 'list']);
    fillBut(550);
    const settings = training('max_steps=8', 'save_steps=1', 'adapter.r=8', 'adapter.target_modules=all-linear');
    const run = await expectFailedRun(home, settings, {
      code: 'disk_full',
      says: [
        // Chance decides if the checkpoint or the history in the database meets the end of the disk first.
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

  test('reports a disk that is too full for the database, and the run can be resumed later', async () => {
    const home = await newHome(disk);
    fillBut(170);
    const words = training('max_steps=1000000', 'per_device_train_batch_size=1', 'logging_steps=1');
    const result = withoutProgress(await cotoOn(home)(words));
    expectOneLine(result, { says: ["The disk is full: the studio's database", 'Free some space'] });
    rmSync(filler);
    // The last kilobytes decide if the end could still be recorded.
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
  const settings = training(
    'max_steps=40',
    'eval_steps=10',
    'learning_rate=0.01',
    'coto={}',
    'adapter.lora_dropout=0.1',
  );

  test.each([
    ['every five steps', 'save_steps=5'],
    ['by time', 'save_minutes=1e-7'],
  ])(
    'is interrupted, and with checkpoints %s resumed to the result of a run that was left alone',
    async (_, saving) => {
      const [home, other] = [await newHome(), await newHome()];
      await killCommandBy('killed-at-checkpoint.ts', [...settings, saving, '--home', home]);
      // The file that such a process was writing when it was killed.
      const [id = ''] = readdirSync(join(home, 'runs'));
      const unfinished = join(home, 'runs', id, 'checkpoints', '.step-000020.0123456789ab.tmp');
      mkdirSync(unfinished, { recursive: true });
      writeFileSync(join(unfinished, 'adapter_model.safetensors'), 'half');

      const interrupted = await onlyRun(home);
      expect(interrupted).toMatchObject({
        status: 'interrupted',
        adapterId: null,
        error: {
          code: 'disconnected',
          hint: 'It can be resumed from its checkpoint at step 15.',
        },
      });
      expect(interrupted.checkpoints.map(({ step }) => step).at(-1)).toBe(15);
      expect(halfWritten(home)).toEqual([]);
      expect(await adaptersOf(home)).toEqual([]);

      const resumed = await cotoOn(home)(['runs', 'resume', id, '--json']);
      expect(resumed.code).toBe(0);
      const alone = await cotoOn(other)([...settings, 'save_minutes=0', '--json']);
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
      expect(first.filter(({ name }) => name === 'loss').map(({ step }) => step)).toEqual([...Array(40).keys()]);
      expect(first).toEqual(second);
      const tensors = (at: string, folder = '') => readFileSync(join(at, folder, 'adapter_model.safetensors'));
      expect(tensors(home, one?.adapter.folder).equals(tensors(other, two?.adapter.folder))).toBe(true);
    },
  );
});
