import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeChatTemplate } from '../../../../src-main/engine/models/huggingface/chat-template-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-chat-template-'));
  writeFileSync(join(folder, 'tokenizer_config.json'), '{"eos_token": "</s>", "chat_template": "of the base"}');
  writeFileSync(join(folder, 'chat_template.jinja'), 'of the base');
  writeFileSync(join(folder, 'chat_template.json'), '{"chat_template": "of the base"}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (name: string) => readFileSync(join(folder, name), 'utf8');

it.each([
  ['own', ['chat_template.jinja', 'tokenizer_config.json']],
  [null, ['tokenizer_config.json']],
])('nothing of the template of a base stays beside %s', async (template, names) => {
  await writeChatTemplate(folder, template);
  expect(readdirSync(folder).sort()).toEqual(names);
  expect(JSON.parse(text('tokenizer_config.json'))).toEqual({ eos_token: '</s>' });
  if (template !== null) expect(text('chat_template.jinja')).toBe(template);
});
