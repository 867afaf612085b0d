import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, openBackend, scriptedEngine, temporaryFolder, tinyIdx, tinyResources } from '../support.ts';

afterEach(closeBackends);

const lora = goldenPath('vit-28', 'adapters', 'lora');

/** The golden adapter with changes of the text of its files. */
function variant(change: (folder: string) => void): string {
  const folder = join(temporaryFolder(), 'adapter');
  cpSync(lora, folder, { recursive: true });
  change(folder);
  return folder;
}

function edited(from: RegExp | string, to: string): string {
  return variant((folder) => {
    const file = join(folder, 'adapter_config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  });
}

describe('a study that cannot be decided is refused before anything is queued', () => {
  let backend: Awaited<ReturnType<typeof openBackend>>;
  const ids: Record<string, string> = {};

  beforeEach(async () => {
    const resources = tinyResources();
    const other = join(resources, 'models', 'other');
    cpSync(join(resources, 'models', 'tiny'), other, { recursive: true });
    const weights = readFileSync(join(other, 'model.safetensors'));
    weights.writeUInt8(weights.readUInt8(weights.length - 4) ^ 1, weights.length - 4);
    writeFileSync(join(other, 'model.safetensors'), weights);
    backend = await openBackend({
      resourcesDirectory: resources,
      startEngine: scriptedEngine(() => new Promise(() => undefined)),
    });
    const foreign = variant((folder) =>
      writeFileSync(join(folder, 'coto_config.json'), JSON.stringify({ labels: 'abcdefghij'.split('') })),
    );
    for (const [name, path, modelId] of [
      ['one', lora, 'tiny'],
      ['twin', lora, 'tiny'],
      ['strong', edited('"lora_alpha": 8', '"lora_alpha": 16'), 'tiny'],
      ['stranger', edited('"lora_alpha": 8', '"lora_alpha": 4'), 'other'],
      ['letters', foreign, 'tiny'],
    ] as const)
      ids[name] = (await backend.handle('adapters.import', { path, modelId, name })).id;
  });

  const studied = (names: readonly [string, string], dataset = tinyIdx(), more: object = {}) => {
    const [from, to] = names.map((name) => ({ adapterId: ids[name] ?? '' }));
    const pair = { label: 'LoRA', coto: false, from, to };
    return backend.handle('studies.create', {
      config: { kind: 'interpolation', dataset, points: 3, pairs: [pair], ...more },
    });
  };

  it('for adapters of different bases, of other labels, or the same one twice', async () => {
    await expect(studied(['one', 'stranger'])).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('"one" and "stranger" have different bases'),
      hint: 'Choose adapters of the same base.',
    });
    await expect(studied(['strong', 'letters'])).rejects.toMatchObject({
      message: expect.stringContaining('"letters" was not trained for the labels of'),
    });
    await expect(studied(['one', 'twin'])).rejects.toMatchObject({
      message: '"one" and "twin" are the same adapter: there is nothing between them.',
      hint: 'Choose adapters of different seeds.',
    });
    await expect(studied(['one', 'strong'], tinyIdx(), { method: 'nonsense' })).rejects.toThrow(
      /no merge method "nonsense"/,
    );
    expect(await backend.handle('studies.list', {})).toEqual([]);
    expect(await backend.handle('jobs.list', {})).toEqual([]);
  });

  it('for a dataset without test examples', async () => {
    const path = join(temporaryFolder(), 'train.jsonl');
    const rows = ['good', 'bad', 'good'].map((label, at) => ({ text: `row ${at}`, label, split: 'train' }));
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    const adapters = [{ label: 'LoRA', coto: false, seed: 1, adapter: { adapterId: ids['one'] ?? '' } }];
    const config = { kind: 'pruning' as const, dataset: path, adapters };
    await expect(backend.handle('studies.create', { config })).rejects.toMatchObject({
      message: `The dataset ${path} has no test examples: nothing is held out to score on.`,
      hint: expect.stringContaining('Choose a dataset with a test split'),
    });
  });

  it('and one that can be keeps what it will draw', async () => {
    const { study } = await studied(['one', 'strong']);
    expect(study.config).toMatchObject({ kind: 'interpolation', curves: null, left_out: [] });
  });
});
