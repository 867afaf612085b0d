import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';

afterEach(closeBackends);

it('adapters of a base that is not in the studio are imported, merged, pruned and exported', {
  timeout: 20_000,
}, async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const folder = (name: string) => goldenPath('llama', 'merges', 'equal', name);
  const one = await backend.handle('adapters.import', { path: folder('a0') });
  const other = await backend.handle('adapters.import', { path: folder('a1') });
  expect(one).toMatchObject({ modelId: null, layers: [0, 1, 2], variant: 'lora' });
  expect(one.foreignBase).not.toBeNull();
  expect(await backend.handle('adapters.contents', { id: one.id })).toMatchObject({ embeddings: [] });

  const adapters = [one, other].map(({ id }) => ({ adapterId: id, weight: 0.5 }));
  const lines = await backend.handle('merge.preflight', { adapters, method: 'ties', parameters: {} });
  expect(lines[0]).toMatchObject({ check: 'base', verdict: 'warning' });
  expect(lines.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
  await backend.handle('merge.start', { adapters, method: 'ties', parameters: {}, name: 'merged' });
  await backend.idle();
  await backend.handle('prune.start', { adapterId: one.id, method: 'svd', parameters: { rank: 1 }, name: 'resized' });
  await backend.idle();
  const records = await backend.handle('adapters.list', {});
  const merged = records.find(({ name }) => name === 'merged');
  expect(merged).toMatchObject({ modelId: null, foreignBase: one.foreignBase, layers: [0, 1, 2] });
  expect(records.find(({ name }) => name === 'resized')).toMatchObject({ modelId: null, parameters: { r: 1 } });

  const path = join(temporaryFolder(), 'peft');
  await backend.handle('export.start', { adapterId: merged?.id ?? '', target: 'peft', path });
  await backend.idle();
  // With the base in the studio it is an adapter like any other.
  const model = await backend.handle('models.add', { path: goldenPath('llama', 'base') });
  expect(await backend.handle('adapters.import', { path })).toMatchObject({ modelId: model.id, foreignBase: null });
  const job = await backend.handle('export.start', { adapterId: one.id, target: 'merged', path: `${path}-merged` });
  await backend.idle();
  expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({
    status: 'failed',
    error: { code: 'refused', message: expect.stringContaining('is not in the studio') },
  });
});

it('adapters of foreign bases with other shapes are not merged', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const one = await backend.handle('adapters.import', { path: goldenPath('llama', 'adapters', 'lora') });
  const other = await backend.handle('adapters.import', { path: goldenPath('qwen3', 'adapters', 'lora') });
  const adapters = [one, other].map(({ id }) => ({ adapterId: id, weight: 0.5 }));
  await expect(backend.handle('merge.preflight', { adapters, method: 'ties', parameters: {} })).rejects.toThrow(
    /do not fit together/,
  );
});
