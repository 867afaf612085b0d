import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { adapterRecordSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { runRecordSchema } from '../../src-shared/domain/runs/run.ts';
import { idxBytes } from '../engine/data/make-data.ts';
import { goldenPath } from '../engine/golden.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

export const model = goldenPath('vit-28', 'base');
export const trained = z.object({ run: runRecordSchema, adapter: adapterRecordSchema.nullable() });

/** Returns a home and input files for the commands of one test file. They are removed at its end. */
export function commandFiles() {
  const folder = temporaryFolder();
  const coto = cotoOn(join(folder, 'home'));
  const data = join(folder, 'blobs');
  const file = join(folder, 'run.yaml');
  return {
    folder,
    coto,
    data,
    file,
    writeBlobs: () => writeBlobs(data),
    /** Writes a short run on the blobs. */
    writeRun: () => writeFileSync(file, runOn(data)),
    /** Returns the document on standard output of a command that must end well. */
    async json<T>(schema: z.ZodType<T>, words: readonly string[]): Promise<T> {
      const { code, out, err } = await coto([...words, '--json']);
      expect(err).not.toMatch(/^coto:/m);
      expect(code).toBe(0);
      return schema.parse(JSON.parse(out));
    },
  };
}

/** Writes two classes that a tiny model can tell apart: bright above, bright below. */
function writeBlobs(data: string): void {
  mkdirSync(data, { recursive: true });
  for (const [split, count] of [
    ['train', 40],
    ['t10k', 20],
  ] as const) {
    const labels = Array.from({ length: count }, (_, row) => row % 2);
    const pixels = labels.flatMap((label, row) =>
      Array.from({ length: 784 }, (_, pixel) => (pixel < 392 === (label === 0) ? 150 + ((row * 7 + pixel) % 100) : 0)),
    );
    writeFileSync(join(data, `${split}-images-idx3-ubyte`), idxBytes([count, 28, 28], pixels));
    writeFileSync(join(data, `${split}-labels-idx1-ubyte`), idxBytes([count], labels));
  }
  writeFileSync(join(data, 'labels.txt'), 'above\nbelow\n');
}

function runOn(data: string): string {
  return [
    `model: ${model}`,
    `dataset: ${data}`,
    'max_steps: 6',
    'learning_rate: 0.01',
    'per_device_train_batch_size: 8',
    'adapter: { r: 2, target_modules: [q_proj, v_proj] }',
  ].join('\n');
}
