import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStudio } from '../../src-main/cli/studio.ts';
import { caseFolders, copyOf, editTensors, goodData, halfWritten, writeIdx } from './bad-input-support.ts';
import { adaptersOf, expectFailedRun, failingJobs, onlyRun, training } from './failing-jobs-support.ts';
import { cotoOn } from './run-command.ts';

const caseFolder = caseFolders();
const { data, newHome } = failingJobs();

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
    expect(existsSync(join(home, 'runs', (await onlyRun(home)).id, 'checkpoints'))).toBe(false);
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

describe('inputs deleted between the request and the start of a run', () => {
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
      // Nothing is read before all are damaged.
      await studio.client.request('settings.set', { queue_paused: true });
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
      truncateSync(join(model, 'model.safetensors'), 600);
      writeIdx(dataset, { t10k: { labels: [0, 9] } });
      await studio.client.request('settings.set', { queue_paused: false });
      const codes = ['invalid_file', 'invalid_file', 'not_finite'];
      await expect.poll(() => failures.length).toBe(3);
      for (const [index, { run }] of runs.entries()) {
        const { status, error } = await studio.client.request('runs.get', { id: run.id });
        expect(status).toBe('failed');
        expect(error?.code).toBe(codes[index]);
        expect(failures[index]).toEqual({ title: `Train ${run.name}`, message: error?.message, code: error?.code });
        const log = await studio.client.request('runs.log', { id: run.id });
        expect(log.some(({ level }) => level === 'error')).toBe(true);
      }
      expect(failures.map(({ message }) => message)).toEqual([
        expect.stringContaining('model.safetensors is truncated'),
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
