import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext } from '../../../src-main/engine/events.ts';
import { openTask, type TaskOnData } from '../../../src-main/engine/tasks/open-task.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { goldenPath } from '../golden.ts';

/** Words of the little BERT's vocabulary of 80. */
export const words = ['good', 'bad', 'film', 'book', 'the', 'was', 'a', 'very', 'long', 'short', '.', 'not'];

/** The golden BERT with a WordPiece tokenizer of those words. */
export function littleBert(folder: string): string {
  cpSync(goldenPath('bert', 'base'), folder, { recursive: true });
  return withWords(folder);
}

/** Puts a WordPiece tokenizer of those words into a folder. */
export function withWords(folder: string): string {
  const from = goldenPath('misc', 'tokenizers', 'wordpiece');
  const tokenizer: unknown = JSON.parse(readFileSync(join(from, 'tokenizer.json'), 'utf8'));
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const vocab = Object.fromEntries([...special, ...words].map((word, id) => [word, id]));
  if (tokenizer === null || typeof tokenizer !== 'object') throw new Error('no tokenizer');
  const model = { ...Reflect.get(tokenizer, 'model'), vocab };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ ...tokenizer, model }));
  cpSync(join(from, 'tokenizer_config.json'), join(folder, 'tokenizer_config.json'));
  return folder;
}

/** The golden T5 `t5-relu` with a tokenizer of those words and of single letters, as T5Tokenizer writes it. */
export function littleT5(folder: string): string {
  cpSync(goldenPath('t5-relu', 'base'), folder, { recursive: true });
  const from = goldenPath('misc', 'tokenizers', 't5');
  const tokenizer: unknown = JSON.parse(readFileSync(join(from, 'tokenizer.json'), 'utf8'));
  const config: unknown = JSON.parse(readFileSync(join(from, 'tokenizer_config.json'), 'utf8'));
  if (tokenizer === null || typeof tokenizer !== 'object') throw new Error('no tokenizer');
  if (config === null || typeof config !== 'object') throw new Error('no tokenizer config');
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at));
  const sentinels = ['<extra_id_1>', '<extra_id_0>'];
  const scored = (tokens: readonly string[], score: number) => tokens.map((token) => [token, score]);
  const vocab = [
    ...scored(['<pad>', '</s>', '<unk>'], 0),
    ...scored(['▁', '.', ...words.filter((word) => word !== '.').map((word) => `▁${word}`)], -2),
    ...scored(letters, -6),
    ...scored(sentinels, 0),
  ];
  const special = ['<pad>', '</s>', '<unk>', ...sentinels].map((content) => ({
    id: vocab.findIndex(([token]) => token === content),
    content,
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  }));
  const model = { ...Reflect.get(tokenizer, 'model'), vocab };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify({ ...tokenizer, model, added_tokens: special }));
  writeFileSync(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ ...config, extra_ids: sentinels.length, extra_special_tokens: sentinels }),
  );
  return folder;
}

/** A folder with train.jsonl and test.jsonl. */
export function jsonlFolder(folder: string, train: readonly object[], test: readonly object[]): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, rows] of Object.entries({ train, test }))
    writeFileSync(join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return folder;
}

export const quietContext: TaskContext = { emit: () => undefined, signal: async () => null };

/** `data`: a folder of `jsonlFolder`. */
export function openOn(
  modelDirectory: string,
  model: ModelDescription,
  data: string,
  settings: object = {},
  training = true,
): Promise<TaskOnData> {
  const source = { reader: 'jsonl', path: data, options: {} };
  const request = { modelDirectory, model, source, settings: taskSettingsSchema.parse(settings), training };
  return openTask(request, quietContext);
}
