import { expect, test } from 'vitest';
import { checkPrompts, type PromptFacts } from '../../../../src-main/engine/merge/checks/check-prompts.ts';

const settings = { chat_template: 'auto', prompt_template: '{prompt}\n' } as const;
const names = ['"a"', '"b"'];
const base = { tokenizer: 't', template: 'c' };
const facts = (changes: Partial<PromptFacts>): PromptFacts => ({
  tokenizer: null,
  template: null,
  settings: null,
  ...changes,
});
const verdicts = (...all: PromptFacts[]) =>
  checkPrompts(all, names, base).map(({ check, verdict }) => [check, verdict]);

test('adapters that bring nothing have what the base has', () => {
  expect(verdicts(facts({ tokenizer: 't', template: 'c' }), facts({ settings }))).toEqual([['tokenizer', 'ok']]);
});

test('another tokenizer and another chat template are told apart', () => {
  expect(verdicts(facts({}), facts({ tokenizer: 'u' }))).toEqual([['tokenizer', 'warning']]);
  expect(verdicts(facts({}), facts({ tokenizer: 't', template: 'd' }))).toEqual([['chat template', 'warning']]);
});

test('runs that wrote their prompts in different ways are named', () => {
  const plain = facts({ settings: { ...settings, chat_template: 'none' } });
  const [line] = checkPrompts([facts({ settings }), plain], names, base);
  expect(line).toMatchObject({
    check: 'chat template',
    message: '"a" was trained with chat_template auto, "b" with none.',
  });
  const other = facts({ settings: { ...settings, prompt_template: 'Q: {prompt}' } });
  expect(verdicts(facts({ settings }), other)).toEqual([['prompt template', 'warning']]);
  // The prompt of an imported adapter is unknown.
  expect(verdicts(facts({}), plain)).toEqual([['tokenizer', 'ok']]);
});
