import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseAsPython } from '../../../src-main/engine/data/text/written-number.ts';
import { ChatTemplate } from '../../../src-main/engine/tokenization/chat-template.ts';
import { chatMessageSchema } from '../../../src-shared/domain/generation/chat-message.ts';
import { goldenPath } from '../golden.ts';

const outcome = { text: z.string().optional(), error: z.string().optional() };
const golden = z
  .object({
    variables: z.record(z.string(), z.unknown()),
    expressions: z.array(z.object({ template: z.string(), ...outcome })),
    templates: z.record(z.string(), z.string()),
    cases: z.array(
      z.object({
        template: z.string(),
        messages: z.array(chatMessageSchema),
        tools: z.array(z.unknown()).nullable(),
        add_generation_prompt: z.boolean(),
        ...outcome,
      }),
    ),
  })
  .parse(parseAsPython(readFileSync(goldenPath('misc', 'jinja.json'), 'utf8')));

function evaluated(template: string): string {
  const { variables } = golden;
  return new ChatTemplate('default', 'chat_template', template).render([], { addGenerationPrompt: false, variables });
}

describe('expressions give what Jinja2 gives as Transformers sets it up', () => {
  it.each(golden.expressions)('$template', ({ template, text }) => {
    if (text === undefined) expect(() => evaluated(template)).toThrow('chat_template');
    else expect(evaluated(template)).toBe(text);
  });

  // Output of Jinja2 3.1.6 on Python.
  it.each([
    [String.raw`{{ 'a\r\nb\rc\u2028d\n'.splitlines() }}`, "['a', 'b', 'c', 'd']"],
    [String.raw`{{ 'a\r\nb\n'.splitlines(true) }}`, String.raw`['a\r\n', 'b\n']`],
    ["{{ ''.splitlines() + ''.split() + ' '.rsplit() }}", '[]'],
    ["{{ '  a  b c'.rsplit(none, 1) + ' a  b c '.split(none, 1) }}", "['  a  b', 'c', 'a', 'b c ']"],
    ["{{ 'a,b,c'.rsplit(',', maxsplit=1) + 'a,b,c'.split(',', maxsplit=1) }}", "['a,b', 'c', 'a', 'b,c']"],
    ["{{ 'größe ok' | wordcount }}", '2'],
    [`{{ "a(b)'*!/" | urlencode }}`, 'a%28b%29%27%2A%21/'],
    [String.raw`{{ ['x\u00a0y\u200b', 'a b\n'] }}`, String.raw`['x\xa0y\u200b', 'a b\n']`],
    ["{{ 'a' is in d.keys() and 'c' is not in d.keys() and d.get('a') is eq d.get('a') }}", 'True'],
  ])('%s', (template, text) => {
    expect(evaluated(template)).toBe(text);
  });

  it('are refused where they are beyond what is known, and bounded', () => {
    const formats = ["{{ '%5s' % 1 }}", "{{ '{:.2f}'.format(1.5) }}", "{{ '{'.format(1) }}"];
    for (const template of ['{{ [1] | nope }}', '{{ 1 is nope }}', '{{ [1] | map("nope") | list }}', ...formats])
      expect(() => evaluated(template)).toThrow('chat_template is not a usable chat template');
    for (const template of ["{{ 'a' * 99999999 }}", '{{ [1] * 99999999 }}', "{{ 'a' | center(99999999) }}"])
      expect(() => evaluated(template)).toThrow('more than ten million');
  });
});

describe('templates with calls of tools give the text of Transformers, or its refusal', () => {
  it.each(Object.entries(golden.templates))('%s', (name, text) => {
    const cases = golden.cases.filter(({ template }) => template === name);
    expect(cases.length).toBeGreaterThan(20);
    const template = new ChatTemplate('default', 'chat_template', text);
    for (const { messages, tools, add_generation_prompt: addGenerationPrompt, ...expected } of cases) {
      const render = () =>
        template.render(messages, {
          addGenerationPrompt,
          tools: tools ?? undefined,
          variables: { bos_token: '<s>', eos_token: '</s>' },
        });
      if (expected.text !== undefined) expect(render()).toBe(expected.text);
      else expect(render).toThrow(`chat_template refuses the conversation: ${expected.error}`);
    }
  });
});
