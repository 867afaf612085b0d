import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { goldenPath } from '../../../engine/golden.ts';
import { closeBackends, madeModel, openBackend, scriptedEngine, temporaryFolder, tinyIdx } from '../../support.ts';

afterEach(closeBackends);

const engine = scriptedEngine(() => Promise.reject(new Error('no engine is needed')));
const gguf = join(goldenPath('gguf'), 'llama.gguf');

describe('a GGUF file', () => {
  it('becomes a model folder below the home, and goes away with the model', async () => {
    const backend = await openBackend({ startEngine: engine });
    const job = await backend.handle('models.convert', { file: gguf });
    await backend.idle();
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({ kind: 'convert', status: 'completed' });
    const model = await madeModel(backend, job.id);
    expect(model).toMatchObject({
      id: job.subjectId,
      name: 'llama',
      path: join(backend.home, 'models', 'llama'),
      description: { family: 'llama', layerCount: 2 },
      provenance: expect.stringContaining('llama.gguf'),
    });
    // A second one of that name does not take the first one's place.
    const again = await backend.handle('models.convert', { file: gguf, name: 'llama' });
    await backend.idle();
    expect((await madeModel(backend, again.id)).path).toBe(join(backend.home, 'models', 'llama-2'));
    await backend.handle('models.remove', { id: model.id });
    expect(existsSync(model.path)).toBe(false);
  });

  it('a damaged file leaves nothing, and is named', async () => {
    const file = join(temporaryFolder(), 'cut.gguf');
    writeFileSync(file, readFileSync(gguf).subarray(0, 60_000));
    const backend = await openBackend({ startEngine: engine });
    const job = await backend.handle('models.convert', { file });
    await backend.idle();
    expect(await backend.handle('jobs.get', { id: job.id })).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_file', message: expect.stringMatching(/cut\.gguf is truncated: tensor "/) },
    });
    expect(readdirSync(join(backend.home, 'models'))).toEqual([]);
    expect(await backend.handle('jobs.result', { id: job.id })).toEqual({ kind: 'convert', result: null });
  });

  it('is asked for by its path', async () => {
    const backend = await openBackend({ startEngine: engine });
    await expect(backend.handle('models.convert', { file: '/nowhere/x.gguf' })).rejects.toThrow(/does not exist/);
    await expect(backend.handle('models.add', { path: gguf })).rejects.toMatchObject({
      hint: expect.stringContaining('coto models add'),
    });
  });

  it('is converted while something is computed', async () => {
    const held = Promise.withResolvers<never>();
    const backend = await openBackend({ startEngine: scriptedEngine(() => held.promise) });
    const [dataset] = await backend.handle('datasets.list', {});
    const evaluation = await backend.handle('evaluate.start', {
      model: 'tiny',
      dataset: dataset?.id ?? tinyIdx(),
      adapters: [],
    });
    const statusOf = async ({ id }: { id: string }) => (await backend.handle('jobs.get', { id })).status;
    await expect.poll(() => statusOf(evaluation)).toBe('running');
    const job = await backend.handle('models.convert', { file: gguf });
    await expect.poll(() => statusOf(job)).toBe('completed');
    expect(await statusOf(evaluation)).toBe('running');
    held.reject(new Error('enough'));
    await backend.idle();
    expect(await statusOf(evaluation)).toBe('failed');
  });
});
