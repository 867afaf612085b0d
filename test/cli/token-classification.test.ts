import { readFileSync, writeFileSync } from 'node:fs';
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
const data = join(folder, 'films.conll');
const file = join(folder, 'tags.yaml');

/** "the film" and "the book" are entities; every fourth sentence is longer. */
function sentences(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const [word, type] = index % 2 === 0 ? ['film', 'FILM'] : ['book', 'BOOK'];
    const words = [...(index % 4 < 2 ? [['very', 'O']] : []), ['the', `B-${type}`], [word, `I-${type}`], ['was', 'O']];
    return words.map(([one, tag]) => `${one} X ${tag}\n`).join('');
  });
  return lines.join('\n');
}

beforeAll(async () => {
  withWords(await bareEncoder('bert', 'BertModel', 'bert', model));
  writeFileSync(data, sentences(60));
  const run = {
    model,
    dataset: 'films',
    max_steps: 60,
    seed: outcomeSeed(42),
    // At 0.02, one of 24 trainings (eight seeds, three instruction sets) forgot again what it had learned.
    learning_rate: 0.01,
    per_device_train_batch_size: 16,
    adapter: { r: 4, target_modules: 'all-linear' },
  };
  writeFileSync(file, JSON.stringify(run));
});

test('from a CoNLL file to entity F1 and an adapter for PEFT', async () => {
  const added = await coto(['datasets', 'add', data]);
  expect(added.code, added.err).toBe(0);
  expect(added.out).toContain('labels are');
  expect((await coto(['datasets', 'preview', 'films'])).out).toContain('[B-FILM the] [I-FILM film]');
  const { run, adapter } = await json(trained, ['train', file]);
  expect(run.status).toBe('completed');
  if (adapter === null) throw new Error('no adapter');

  const result = await json(evaluationResultSchema, ['eval', '--adapter', adapter.name, '--dataset', 'films']);
  expect(result.metrics['entity_f1']).toBeGreaterThan(0.9);
  expect(result.entities?.map(({ type }) => type)).toEqual(['BOOK', 'FILM']);
  const { out } = await coto(['eval', '--adapter', adapter.name, '--dataset', 'films']);
  expect(out).toMatch(/entity F1/);
  expect(out).toMatch(/FILM +\d+ +[\d.]+ % +[\d.]+ %/);

  const target = join(folder, 'exported');
  const exported = await coto(['export', '--adapter', adapter.name, '--to', 'peft', '--out', target]);
  expect(exported.code, exported.err).toBe(0);
  const config = z.looseObject({}).parse(JSON.parse(readFileSync(join(target, 'adapter_config.json'), 'utf8')));
  expect(config).toMatchObject({ task_type: 'TOKEN_CLS', modules_to_save: ['classifier', 'score'] });
});
