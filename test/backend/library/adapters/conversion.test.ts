import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { seededNumbers } from '../../../fuzz/mutations.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../../support.ts';

afterEach(closeBackends);

/** A file of whole differences of random numbers. */
async function fullFile(sizes: readonly (readonly [number, number])[]): Promise<string> {
  const random = seededNumbers(7);
  const tensors = sizes.map(([rows, columns], index) => {
    const data = Float32Array.from({ length: rows * columns }, () => random() - 0.5);
    return [`lycoris_model_layers_${index}_mlp_down_proj.diff`, { shape: [rows, columns], data }] as const;
  });
  const file = join(temporaryFolder(), 'full.safetensors');
  await writeSafetensors(file, new Map(tensors));
  return file;
}

it('a small conversion keeps the chosen rank and the error of each module', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const path = await fullFile([
    [24, 32],
    [24, 32],
  ]);
  const { parameters, origin } = await backend.handle('adapters.import', { path, rank: 5 });
  expect(parameters).toMatchObject({ r: 5 });
  expect(origin).toMatchObject({ note: expect.stringContaining('Plain LoRA of rank 5'), conversion: { rank: 5 } });
  const { conversion } = origin.kind === 'import' ? origin : { conversion: undefined };
  expect(conversion?.modules).toHaveLength(2);
  expect(conversion?.modules[0]?.error).toBeGreaterThan(0.3);
  expect(await backend.handle('jobs.list', { active: false })).toEqual([]);
});

it('a large conversion is a job that tells its modules', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const path = await fullFile(Array.from({ length: 20 }, () => [512, 512] as const));
  const adapter = await backend.handle('adapters.import', { path, rank: 2 });
  expect(adapter).toMatchObject({ name: 'full', parameters: { r: 2 }, origin: { conversion: { rank: 2 } } });
  const [job] = await backend.handle('jobs.list', { active: false });
  expect(job).toMatchObject({ kind: 'import-adapter', status: 'completed' });
  const seen = backend.seen('job.changed').flatMap(({ progress }) => (progress === null ? [] : [progress]));
  expect(seen.at(-1)).toMatchObject({ phase: 'Converting', total: 20, unit: 'modules' });
});

it('a large conversion that is cancelled leaves nothing', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const path = await fullFile(Array.from({ length: 20 }, () => [512, 512] as const));
  const cancel = backend.on('job.changed', ({ id, progress }) => {
    if (progress !== null) void backend.handle('jobs.cancel', { id });
  });
  await expect(backend.handle('adapters.import', { path, rank: 100 })).rejects.toMatchObject({ code: 'cancelled' });
  cancel();
  await backend.idle();
  expect(await backend.handle('adapters.list', {})).toEqual([]);
  mkdirSync(join(backend.home, 'adapters'), { recursive: true });
  expect(readdirSync(join(backend.home, 'adapters'))).toEqual([]);
});
