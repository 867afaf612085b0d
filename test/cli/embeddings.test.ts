import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { evaluationResultSchema } from '../../src-shared/domain/evaluation/evaluation.ts';
import { bareEncoder } from '../engine/bare-encoder.ts';
import { withWords } from '../engine/tasks/text-task.ts';
import { outcomeSeed } from '../outcome-seed.ts';
import { commandFiles, trained } from './commands-support.ts';

const { coto, folder, json } = commandFiles();

const model = join(folder, 'encoder');
const data = join(folder, 'films.jsonl');
const file = join(folder, 'embeddings.yaml');

beforeAll(async () => {
  withWords(await bareEncoder('bert', 'BertModel', 'bert', model));
  mkdirSync(join(model, '1_Pooling'));
  const modules = [
    { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
    { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
  ];
  const pooling = { word_embedding_dimension: 32, pooling_mode_cls_token: true };
  writeFileSync(join(model, 'modules.json'), JSON.stringify(modules));
  writeFileSync(join(model, '1_Pooling', 'config.json'), JSON.stringify(pooling));
  const rows = ['good', 'bad', 'long', 'short'].flatMap((word, at, all) =>
    ['film', 'book'].flatMap((thing) =>
      ['train', 'test'].map((split) => ({
        anchor: `the ${thing} was ${word}`,
        positive: `a very ${word} ${thing} .`,
        negative: `not a ${all[at ^ 1]} ${thing}`,
        split,
      })),
    ),
  );
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const run = {
    model,
    dataset: 'films',
    max_steps: 40,
    seed: outcomeSeed(42),
    eval_steps: 20,
    learning_rate: 0.01,
    per_device_train_batch_size: 8,
    adapter: { r: 4, target_modules: 'all-linear' },
    coto: {},
  };
  writeFileSync(file, JSON.stringify(run));
});

test('from a file of pairs to NDCG, a pruning, a merge, and an adapter and a model for sentence-transformers', async () => {
  const added = await coto(['datasets', 'add', data]);
  expect(added.code, added.err).toBe(0);
  expect(added.out).toContain('anchor=anchor positive=positive negative=negative');
  expect((await coto(['datasets', 'preview', 'films'])).out).toMatch(
    /anchor: the film was good\n +positive: a very good/,
  );
  const { run, adapter } = await json(trained, ['train', file]);
  expect(run.status).toBe('completed');
  if (adapter === null) throw new Error('no adapter');

  const lines = join(folder, 'vectors.jsonl');
  const scored = ['eval', '--adapter', adapter.name, '--dataset', 'films'];
  const result = await json(evaluationResultSchema, [...scored, '--predictions', lines]);
  expect(result.metrics['ndcg_at_10']).toBeGreaterThan(0.9);
  const [line] = readFileSync(lines, 'utf8').split('\n');
  expect(JSON.parse(line ?? '')).toMatchObject({ scores: { cosine: expect.any(Number), rank: expect.any(Number) } });
  expect((await coto(scored)).out).toMatch(/NDCG@10/);

  const pruned = await coto(['prune', '--adapter', adapter.name, '--method', 'magnitude', '--sparsity', '0.5']);
  expect(pruned.code, pruned.err).toBe(0);

  const target = join(folder, 'exported');
  const exported = await coto(['export', '--adapter', adapter.name, '--to', 'peft', '--out', target]);
  expect(exported.code, exported.err).toBe(0);
  const config = z.looseObject({}).parse(JSON.parse(readFileSync(join(target, 'adapter_config.json'), 'utf8')));
  expect(config).toMatchObject({ task_type: 'FEATURE_EXTRACTION', modules_to_save: null });

  const whole = join(folder, 'whole');
  const merged = await coto(['export', '--adapter', adapter.name, '--to', 'merged', '--out', whole]);
  expect(merged.code, merged.err).toBe(0);
  for (const name of ['modules.json', '1_Pooling/config.json'])
    expect(readFileSync(join(whole, name), 'utf8')).toBe(readFileSync(join(model, name), 'utf8'));
});
