import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { goldenPath } from '../engine/golden.ts';
import { commandFiles, model } from './commands-support.ts';

const { coto, data, file, folder, writeBlobs, writeRun } = commandFiles();

beforeAll(async () => {
  writeBlobs();
  writeRun();
  expect(await coto(['models', 'add', model])).toMatchObject({ code: 0 });
  expect(await coto(['datasets', 'add', data])).toMatchObject({ code: 0 });
});

describe('models and datasets', () => {
  test('are listed, shown, previewed and validated', async () => {
    expect((await coto(['models', 'list'])).out).toMatch(/^quickdraw-vit +quickdraw-vit +vit +1,640,645/m);
    expect((await coto(['models', 'show', model])).out).toContain('q_proj ×2');
    expect((await coto(['datasets', 'list'])).out).toMatch(/^fashion-mnist-small .* 2,560 +2,000/m);
    expect((await coto(['datasets', 'preview', 'blobs', '--limit', '1'])).out).toMatch(/^train 0: above\n[+*#%@]/);
    expect((await coto(['datasets', 'validate', data])).out).toContain('Every example can be read.');
  });

  test('doctor says which backend is taken', async () => {
    expect((await coto(['doctor'])).out).toMatch(/^→ +\S/m);
  });
});

describe('errors are one line, and an exit code', () => {
  const cases: [string, string[], number, RegExp][] = [
    [
      'an unknown key',
      ['train', file, '--set', 'learning_rat=1'],
      1,
      /^coto: .*Unrecognized key: "learning_rat".* Did you mean learning_rate\?/,
    ],
    [
      'a batch beyond the memory',
      ['train', file, '--set', 'per_device_train_batch_size=3000000'],
      1,
      /^coto: The run needs about .*B of memory, and .*B are free\./,
    ],
    ['a file that is not there', ['train', join(folder, 'no.yaml')], 1, /^coto: The file .*no\.yaml does not exist/],
    [
      'an unknown adapter',
      ['eval', '--dataset', 'blobs', '--adapter', 'nobody'],
      1,
      /^coto: There is no adapter "nobody"/,
    ],
    ['nothing to score', ['eval', '--dataset', 'blobs'], 1, /^coto: Nothing to evaluate/],
    [
      'weights too few',
      ['merge', '--method', 'linear', '--adapters', 'seed 1', 'seed 2', '--weights', '1'],
      1,
      /^coto: There are 2 adapters, but 1 weights/,
    ],
    [
      'a parameter of another method',
      ['prune', '--adapter', 'seed 1', '--method', 'magnitude', '--third', 'low'],
      1,
      /^coto: The method magnitude has no parameter "third"/,
    ],
    [
      'a sparsity beyond 1',
      ['prune', '--adapter', 'seed 1', '--method', 'magnitude', '--sparsity', '1.5'],
      1,
      /^coto: .*sparsity/,
    ],
    [
      'a dataset that is none',
      ['datasets', 'add', goldenPath('vit-28', 'base')],
      1,
      /^coto: .*is not in a supported format/,
    ],
    ['a model that is none', ['models', 'add', data], 1, /^coto: .*config\.json/],
    [
      'a folder that is not there for --json',
      ['demo', '--json', join(folder, 'no', 'x.json')],
      1,
      /^coto: The folder .*no does not exist/,
    ],
    ['an unknown command', ['frobnicate'], 2, /unknown command 'frobnicate'/],
    ['a missing option', ['prune', '--method', 'magnitude'], 2, /required option '--adapter/],
  ];
  test.each(cases)('%s', async (_, words, code, message) => {
    const result = await coto(words);
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
    expect(result.out).toBe('');
    if (code === 1) expect(result.err.trim().split('\n')).toHaveLength(1);
  });

  test('with --json also as a document', async () => {
    const { code, out } = await coto(['runs', 'show', 'nobody', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'not_found', message: expect.stringContaining('nobody') } });
  });

  test.each([
    ['adapter.target_modules=[nothing_like_it]', 'adapter.target_modules'],
    ['learning_rate=fast', 'learning_rate'],
    ['model=no-such-model', 'model'],
  ])('with --json names the field of %s', async (setting, field) => {
    const { code, out } = await coto(['train', file, '--set', setting, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { field } });
  });

  test('nothing is left by a run that could not begin', async () => {
    const before = (await coto(['runs', 'list', '--json'])).out;
    expect((await coto(['train', file, '--set', 'adapter.target_modules=[nothing_like_it]'])).code).toBe(1);
    expect((await coto(['runs', 'list', '--json'])).out).toBe(before);
  });
});

test('help and version answer without a studio', async () => {
  const help = await coto(['--help']);
  expect(help.code).toBe(0);
  for (const name of [
    'demo',
    'doctor',
    'train',
    'eval',
    'runs',
    'merge',
    'prune',
    'study',
    'logits',
    'models',
    'datasets',
    'adapters',
  ])
    expect(help.out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')));
  expect((await coto(['--version'])).out.trim()).toBe(version);
  expect((await coto(['prune', '--help', 'layer-third'])).out).toMatch(/--third <low\|middle\|high>/);
  expect((await coto(['prune', '--help', 'magnitude'])).out).toMatch(/--sparsity <number>/);
});

test('settings are shown and changed, and a wrong one is refused', async () => {
  expect((await coto(['settings', 'threads=1', 'theme=dark'])).code).toBe(0);
  const shown = await coto(['settings']);
  expect(shown.out).toMatch(/threads +1\n/);
  expect(shown.out).toMatch(/theme +dark\n/);
  for (const [wrong, words] of [
    ['threads=100000', /threads is 100000, but this machine has/],
    ['threads=0', /threads/],
    [
      'thread=1',
      /There is no setting "thread"\. There are: theme, compute_backend, threads, simple_forms, forgetting, queue_paused, tour_shown\./,
    ],
    ['threads', /"threads" is not name=value/],
  ] as const) {
    const { code, err } = await coto(['settings', wrong]);
    expect(code).toBe(1);
    expect(err).toMatch(words);
  }
  await coto(['settings', 'threads=null']);
  expect(JSON.parse((await coto(['settings', '--json'])).out)).toMatchObject({ threads: null });
});
