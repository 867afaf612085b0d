import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { TaskContext } from '../../src-main/engine/contract.ts';
import { describeModel } from '../../src-main/engine/formats/hf-model.ts';
import { readAdapter } from '../../src-main/engine/formats/peft-adapter.ts';
import { runTask } from '../../src-main/engine/run-task.ts';
import { datasetSourceSchema } from '../../src-shared/domain/dataset.ts';
import { runConfigSchema } from '../../src-shared/domain/run.ts';
import { tinyIdx } from '../backend/support.ts';
import { goldenPath } from '../engine/golden.ts';
import { peerPython } from './python.ts';

const historySchema = z.object({
  steps: z.array(z.object({ step: z.number(), loss: z.coerce.number(), grad_norm: z.coerce.number() })),
  evaluation: z.object({ eval_accuracy: z.number(), eval_loss: z.number() }),
});

const folder = mkdtempSync(join(tmpdir(), 'coto-python-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const variants = [
  { title: 'LoRA + CoTo, cosine, uneven batches', settings: { coto: {}, gradient_accumulation_steps: 2 } },
  {
    title: 'rsLoRA, linear, decay',
    settings: { weight_decay: 0.1, lr_scheduler_type: 'linear', adapter: { variant: 'rslora' } },
  },
];

describe.each(variants)('the exported script of $title', ({ title, settings }) => {
  it('runs with the real Transformers and PEFT and lands on the same losses and the same adapter', async () => {
    const modelDirectory = goldenPath('vit-28', 'base');
    const config = runConfigSchema.parse({
      model: modelDirectory,
      learning_rate: 0.01,
      max_steps: 14,
      per_device_train_batch_size: 8,
      seed: 5,
      ...settings,
      adapter: { r: 4, target_modules: ['q_proj', 'v_proj', 'fc1'], ...settings.adapter },
    });
    const dataset = datasetSourceSchema.parse({ reader: 'idx', path: tinyIdx(5, 2) });
    const common = { compute: 'wasm', config, modelDirectory, dataset } as const;
    const losses: number[] = [];
    const norms: number[] = [];
    let evalLoss = Number.NaN;
    const context: TaskContext = {
      signal: async () => null,
      emit: (event) => {
        if (event.kind !== 'metrics') return;
        for (const { name, value } of event.rows) {
          if (name === 'loss') losses.push(value);
          if (name === 'grad_norm') norms.push(value);
          if (name === 'eval_loss') evalLoss = value;
        }
      },
    };
    const name = title.replaceAll(/\W+/g, '-');
    const runDirectory = join(folder, `${name}-run`);
    await runTask({ kind: 'train', ...common, runDirectory, resumeFrom: null, earlierDtype: null }, context);
    const outputDirectory = join(folder, name);
    const templateDirectory = fileURLToPath(new URL('../../assets/export', import.meta.url));
    await runTask({ kind: 'export-python', ...common, templateDirectory, outputDirectory }, context);

    const done = spawnSync(peerPython(), ['train.py', '--output', 'trained'], {
      cwd: outputDirectory,
      encoding: 'utf8',
      env: { ...process.env, HF_HUB_OFFLINE: '1', CUDA_VISIBLE_DEVICES: '' },
    });
    expect(done.status, done.stderr).toBe(0);
    const history = historySchema.parse(
      JSON.parse(readFileSync(join(outputDirectory, 'trained', 'history.json'), 'utf8')),
    );
    expect(history.steps).toHaveLength(14);
    for (const [step, theirs] of history.steps.entries()) {
      expect(Math.abs(theirs.loss / (losses[step] ?? Number.NaN) - 1), `loss of step ${step}`).toBeLessThan(1e-4);
      expect(Math.abs(theirs.grad_norm / (norms[step] ?? Number.NaN) - 1), `norm of step ${step}`).toBeLessThan(1e-3);
    }
    expect(Math.abs(history.evaluation.eval_loss / evalLoss - 1)).toBeLessThan(1e-4);
    const description = await describeModel(modelDirectory);
    const ours = await readAdapter(join(runDirectory, 'checkpoints', 'last'), description);
    const theirs = await readAdapter(join(outputDirectory, 'trained'), description);
    expect([...theirs.modules.keys()]).toEqual([...ours.modules.keys()]);
    for (const [module, { b }] of theirs.modules) {
      const own = ours.modules.get(module)?.b.data ?? [];
      expect(
        b.data.every((value, at) => Math.abs(value - (own[at] ?? Number.NaN)) < 1e-3),
        module,
      ).toBe(true);
    }
  });
});
