import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStudio } from '../../src-main/cli/studio.ts';
import { goldenPath } from '../engine/golden.ts';
import { caseFolders, copyOf, editBytes, expectOneLine, expectRefused, halfWritten } from './bad-input-support.ts';
import { failingJobs, small, withoutLog, withoutProgress } from './failing-jobs-support.ts';
import { cotoOn } from './run-command.ts';

const caseFolder = caseFolders();
const { base, data, newHome } = failingJobs();

describe('an output that cannot be written', () => {
  let home: string;
  beforeAll(async () => {
    home = await newHome();
    const lora = goldenPath('vit-28', 'adapters', 'lora');
    expect(await cotoOn(home)(['adapters', 'import', lora, '--name', 'good'])).toMatchObject({ code: 0 });
  });
  const logits = (out: string, inputs = goldenPath('vit-28', 'inputs.safetensors')) => [
    ...['logits', '--model', base, '--inputs', inputs, '--out', out],
  ];

  test('because a file is in the place of its folder', async () => {
    const file = join(caseFolder(), 'file');
    writeFileSync(file, '');
    await expectRefused(home, ['adapters', 'export', 'good', '--out', join(file, 'out')], {
      code: 'invalid_input',
      says: [join(file, 'out'), 'is not a folder', 'Choose a folder'],
    });
    expectOneLine(withoutLog(await cotoOn(home)(logits(join(file, 'out')))), {
      says: [join(file, 'out'), 'a file is in the place of one of its folders', 'Choose another path'],
    });
  });

  test('because something already exists', async () => {
    const folder = caseFolder();
    mkdirSync(join(folder, 'good'));
    writeFileSync(join(folder, 'good', 'mine.txt'), 'mine');
    await expectRefused(home, ['adapters', 'export', 'good', '--out', folder], {
      code: 'refused',
      says: [join(folder, 'good'), 'already exists', 'nothing is overwritten'],
    });
    expect(readdirSync(join(folder, 'good'))).toEqual(['mine.txt']);
  });

  test('because the inputs are missing: nothing is written', async () => {
    const folder = caseFolder();
    const inputs = join(folder, 'nothing.safetensors');
    expectOneLine(withoutLog(await cotoOn(home)(logits(join(folder, 'out'), inputs))), { says: [inputs] });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('because the home belongs to another backend', async () => {
    const studio = await openStudio(home);
    try {
      const says = ['already running on the home folder', home, `process ${process.pid}`, 'Close the other window'];
      expectOneLine(await cotoOn(home)(['runs', 'list']), { says });
      const asJson = await cotoOn(home)(['runs', 'list', '--json']);
      expect(JSON.parse(asJson.out)).toMatchObject({ error: { code: 'refused' } });
    } finally {
      await studio.close();
    }
    expect(await cotoOn(home)(['runs', 'list'])).toMatchObject({ code: 0, err: '' });
  });
});

test('a damaged database is named with a way out', async () => {
  const home = await newHome();
  editBytes(join(home, 'studio.sqlite'), (bytes) => bytes.fill(0x5a, 4096));
  expectOneLine(await cotoOn(home)(['models', 'list']), {
    says: [`${join(home, 'studio.sqlite')} is damaged`, 'backup'],
  });
});

describe('a base that was damaged after it was added', () => {
  test('fails scoring, merging and studies alike, and leaves nothing of them; pruning needs no base', async () => {
    const folder = caseFolder();
    const [home, model] = [join(folder, 'home'), copyOf(folder)];
    const coto = cotoOn(home);
    expect(await coto(['datasets', 'add', data, '--name', 'bands'])).toMatchObject({ code: 0 });
    const trainedWell = await coto([
      'train',
      '--name',
      'one',
      '--set',
      `model=${model}`,
      `dataset=${data}`,
      'max_steps=1',
      ...small,
    ]);
    expect(trainedWell.code).toBe(0);
    const study = join(folder, 'study.yaml');
    writeFileSync(
      study,
      'kind: pruning\ndataset: bands\nsparsities: [0.5]\nadapters: [{ label: x, coto: false, seed: 1, adapter: one }]\n',
    );
    const before = readdirSync(join(home, 'adapters'));
    const weights = join(model, 'model.safetensors');
    truncateSync(weights, 5000);
    for (const words of [
      ['eval', '--dataset', 'bands', '--adapter', 'one'],
      ['merge', '--method', 'weight-average', '--adapters', 'one', 'one', '--out', join(folder, 'out')],
      ['study', study],
    ])
      expectOneLine(withoutProgress(await coto(words)), { says: [`${weights} is truncated`, 'again'] });
    expect(readdirSync(join(home, 'adapters'))).toEqual(before);
    expect(existsSync(join(folder, 'out'))).toBe(false);
    expect(halfWritten(home)).toEqual([]);
    const pruned = join(folder, 'pruned');
    expect(await coto(['prune', '--adapter', 'one', '--method', 'magnitude', '--out', pruned])).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(pruned, 'adapter_model.safetensors'))).toBe(true);
    const studio = await openStudio(home);
    try {
      const studies = await studio.client.request('studies.list', {});
      expect(studies.map(({ status, error }) => [status, error?.code])).toEqual([['failed', 'invalid_file']]);
    } finally {
      await studio.close();
    }
  });
});
