import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { adapterRecordSchema } from '../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { removeTemporaryFolders, tinyIdx } from '../backend/support.ts';
import { caseFolder, copyOf } from '../cli/bad-input-support.ts';
import { goldenPath } from '../engine/golden.ts';
import { cotoProcess, disagreements } from './killed-processes.ts';

const kills = Number(process.env['COTO_JOB_KILLS'] ?? 20);
const minutes = Number(process.env['COTO_KILL_MINUTES'] ?? 15);
const folder = caseFolder();
const home = join(folder, 'home');
const outputs = join(folder, 'outputs');
const base = copyOf(folder);
const data = tinyIdx();
const random = RandomStream.seeded(15, 'study');
const counts = new Map<string, number>();
afterAll(() => {
  removeTemporaryFolders();
  console.log(`jobs were killed: ${[...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
});

beforeAll(async () => {
  const lora = goldenPath('vit-28', 'adapters', 'lora');
  for (const words of [
    ['models', 'add', base, '--name', 'tiny'],
    ['datasets', 'add', data, '--name', 'bands'],
    ['adapters', 'import', lora, '--name', 'one'],
    ['adapters', 'import', lora, '--name', 'two'],
    // Its training is what the export to Python writes.
    ['train', '--name', 'trained', '--set', 'model=tiny', 'dataset=bands', 'adapter.r=2', 'max_steps=2'],
  ])
    expect(await cotoProcess(home, words)).toMatchObject({ code: 0 });
});

/** Jobs that make a folder or a file, each with a name of its own. */
const jobs = {
  merge: (name) => ['merge', '--adapters', 'one', 'two', '--method', 'factor-average', '--name', name],
  prune: (name) => ['prune', '--adapter', 'one', '--method', 'magnitude', '--name', name],
  import: (name) => ['adapters', 'import', goldenPath('vit-28', 'adapters', 'lora'), '--name', name],
  'export to PEFT': (name) => ['export', '--adapter', 'one', '--to', 'peft', '--out', join(outputs, name)],
  'export merged': (name) => ['export', '--adapter', 'one', '--to', 'merged', '--out', join(outputs, name)],
  'export to Python': (name) => ['export', '--run', 'trained', '--to', 'python', '--out', join(outputs, name)],
  conversion: (name) => ['models', 'add', goldenPath('gguf', 'llama.gguf'), '--name', name],
  evaluation: () => ['eval', '--model', 'tiny', '--dataset', 'bands'],
} satisfies Record<string, (name: string) => string[]>;

test.each(Object.entries(jobs))('%s, killed at any time, loses nothing and leaves nothing', async (kind, wordsFor) => {
  const calm = await cotoProcess(home, wordsFor(`${kind} calm`));
  expect(calm.code, calm.err).toBe(0);
  const adapters = async () =>
    z.array(adapterRecordSchema).parse(JSON.parse((await cotoProcess(home, ['adapters', 'list', '--json'])).out));
  const before = await adapters();
  // Each kind has its share of the time, and is killed at least twice.
  const deadline = performance.now() + (minutes * 60_000) / Object.keys(jobs).length;
  for (let kill = 0; kill < kills && (kill < 2 || performance.now() < deadline); kill++) {
    const ended = await cotoProcess(home, wordsFor(`${kind} ${kill}`), random.uniform() * calm.milliseconds);
    if (ended.isKilled) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const after = await adapters();
    expect(disagreements(home), `after kill ${kill}`).toEqual([]);
    for (const { id, sha256 } of before) expect(after.find((one) => one.id === id)?.sha256).toBe(sha256);
    const half = existsSync(outputs) ? readdirSync(outputs).filter((name) => name.endsWith('.tmp')) : [];
    expect(half, `after kill ${kill}`).toEqual([]);
  }
});
