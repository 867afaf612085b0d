import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { cotoOn, temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
const coto = cotoOn(home);

const modelSchema = z.looseObject({
  id: z.string(),
  path: z.string(),
  tokens: z.array(z.looseObject({ content: z.string(), id: z.number() })),
});
const trainedSchema = z.looseObject({
  adapter: z.looseObject({ folder: z.string(), modulesToSave: z.array(z.string()) }),
});

async function run(...words: string[]): Promise<string> {
  const { code, out, err } = await coto(words);
  expect(code, err).toBe(0);
  return out;
}

test('models add-tokens adds a copy whose new tokens a run trains by their text', async () => {
  const model = modelSchema.parse(
    JSON.parse(
      await run('models', 'add-tokens', 'small-llama', '<|tool|>', '<|end|>', '--name', 'with-tool', '--json'),
    ),
  );
  expect(model.path).toBe(join(home, 'models', 'with-tool'));
  expect(model.tokens.map(({ content }) => content)).toEqual(['<|tool|>', '<|end|>']);
  const again = await coto(['models', 'add-tokens', 'with-tool', '<|tool|>']);
  expect(again.code).not.toBe(0);
  expect(again.err).toContain(`coto: tokens: the tokenizer already has "<|tool|>" (id ${model.tokens[0]?.id})`);
  const empty = await coto(['models', 'add-tokens', 'small-llama', '']);
  expect(empty.code).not.toBe(0);
  expect(empty.err).toContain('Enter the text of the token');

  const rows = Array.from({ length: 12 }, (_, row) => ({ text: `the tool says <|tool|> ${row} <|end|>` }));
  const data = join(folder, 'calls.jsonl');
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await run('datasets', 'add', data, '--test-fraction', '0.25');
  await run('settings', 'forgetting=false');
  const settings = [
    'model=with-tool',
    'dataset=calls',
    'max_steps=3',
    'adapter.r=2',
    'adapter.target_modules=[q_proj]',
  ];
  const unknown = await coto(['train', '--set', ...settings, 'adapter.trainable_token_indices=["<|tools|>"]']);
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toContain('trainable_token_indices: the tokenizer has no token "<|tools|>"');
  const trained = trainedSchema.parse(
    JSON.parse(
      await run('train', '--json', '--set', ...settings, 'adapter.trainable_token_indices=["<|tool|>","<|end|>"]'),
    ),
  );
  const config: unknown = JSON.parse(readFileSync(join(home, trained.adapter.folder, 'adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ trainable_token_indices: model.tokens.map(({ id }) => id) });
});

test('train names the tokens of a chat template that the base never learned, and the setting that trains them', async () => {
  await run('models', 'add-tokens', 'small-llama', '<|turn|>', '<|over|>', '--name', 'chatty');
  const turns = (row: number) => [
    { role: 'user', content: `what is ${row}` },
    { role: 'assistant', content: `the number ${row}` },
  ];
  const data = join(folder, 'chats.jsonl');
  const rows = Array.from({ length: 12 }, (_, row) => ({ messages: turns(row) }));
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await run('datasets', 'add', data, '--test-fraction', '0.25');
  const template = '{% for one in messages %}<|turn|>{{ one.role }} {{ one.content }}<|over|>{% endfor %}';
  const settings = ['model=chatty', 'dataset=chats', `chat_template=${JSON.stringify(template)}`, 'max_steps=1'];
  const plain = await coto(['train', '--dry-run', '--set', ...settings]);
  expect(plain.code, plain.err).toBe(0);
  expect(plain.err).toContain('<|turn|>, <|over|> were never trained in the base');
  const remedy = /--set '(adapter\.trainable_token_indices=\S+)'/.exec(plain.err)?.[1] ?? '';
  expect(remedy).toContain('"<|over|>"');
  const mended = await coto(['train', '--dry-run', '--set', ...settings, remedy]);
  expect(mended.code, mended.err).toBe(0);
  expect(mended.err).not.toContain('never trained');
});
