import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TaskContext } from '../../src-main/engine/events.ts';
import { runTask } from '../../src-main/engine/jobs/run-job.ts';
import type { DatasetSource } from '../../src-shared/domain/data/dataset.ts';
import type { RunConfig } from '../../src-shared/domain/runs/run.ts';
import { peerPython } from './python.ts';

const historySchema = z.object({
  steps: z.array(z.object({ step: z.number(), loss: z.coerce.number(), grad_norm: z.coerce.number() })),
  evaluation: z.record(z.string(), z.number()),
});

/** History recorded by the app, by metric name, step by step. */
export interface OwnHistory {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly evaluation: ReadonlyMap<string, number>;
}

/** Trains a run, exports it, and repeats it with the exported script; `folder` gets `run`, `export` and in it `trained`. */
export async function repeatRun(folder: string, config: RunConfig, dataset: DatasetSource) {
  const common = { compute: 'wasm', config, modelDirectory: config.model, dataset } as const;
  const losses: number[] = [];
  const norms: number[] = [];
  const evaluation = new Map<string, number>();
  const context: TaskContext = {
    signal: async () => null,
    emit: (event) => {
      if (event.kind !== 'metrics') return;
      for (const { name, values } of event.columns) {
        if (name === 'loss') losses.push(...values);
        if (name === 'grad_norm') norms.push(...values);
        if (name.startsWith('eval_')) evaluation.set(name, values.at(-1) ?? Number.NaN);
      }
    },
  };
  const runDirectory = join(folder, 'run');
  const task = { kind: 'train', ...common, runDirectory, resumeFrom: null, earlierDtype: null } as const;
  const trained = await runTask(task, context);
  if (trained.kind !== 'train' || trained.adapterDirectory === null) throw new Error('the run has no adapter');
  const outputDirectory = join(folder, 'export');
  const templateDirectory = fileURLToPath(new URL('../../assets/export', import.meta.url));
  await runTask({ kind: 'export-python', ...common, templateDirectory, outputDirectory }, context);
  const done = spawnSync(peerPython(), ['train.py', '--output', 'trained'], {
    cwd: outputDirectory,
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', CUDA_VISIBLE_DEVICES: '' },
  });
  if (done.status !== 0) throw new Error(`train.py ended with ${done.status}:\n${done.stderr}`);
  const theirs = historySchema.parse(
    JSON.parse(readFileSync(join(outputDirectory, 'trained', 'history.json'), 'utf8')),
  );
  const ours: OwnHistory = { losses, norms, evaluation };
  const adapters = { ours: trained.adapterDirectory, theirs: join(outputDirectory, 'trained') };
  return { ours, theirs, adapters };
}
