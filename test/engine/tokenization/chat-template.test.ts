import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseAsPython } from '../../../src-main/engine/data/text/written-number.ts';
import { ChatTemplate, chatTemplates, renderChat } from '../../../src-main/engine/tokenization/chat-template.ts';
import { formatTime } from '../../../src-main/engine/tokenization/format-time.ts';
import { TextTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { parseTokenizer, parseTokenizerConfig } from '../../../src-main/engine/tokenization/tokenizer-files.ts';
import { WorkClock } from '../../../src-main/files/work-clock.ts';
import { chatMessageSchema } from '../../../src-shared/domain/generation/chat-message.ts';
import { goldenPath } from '../golden.ts';

const golden = z
  .object({
    bos_token: z.string(),
    eos_token: z.string(),
    templates: z.record(z.string(), z.string()),
    cases: z.array(
      z.object({
        template: z.string(),
        messages: z.array(chatMessageSchema),
        add_generation_prompt: z.boolean(),
        text: z.string().optional(),
        error: z.string().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'chat-templates.json'), 'utf8')));

function render(
  template: string,
  messages: z.infer<typeof chatMessageSchema>[] = [],
  addGenerationPrompt = false,
): string {
  const { bos_token, eos_token } = golden;
  return new ChatTemplate('default', 'chat_template', template).render(messages, {
    addGenerationPrompt,
    variables: { bos_token, eos_token },
  });
}

describe('the templates of the golden values', () => {
  it.each(Object.entries(golden.templates))('%s gives the text of transformers, or its refusal', (name, template) => {
    const cases = golden.cases.filter((one) => one.template === name);
    expect(cases.length).toBeGreaterThan(5);
    for (const { messages, add_generation_prompt, text, error } of cases)
      if (error === undefined) expect(render(template, messages, add_generation_prompt)).toBe(text);
      else
        expect(() => render(template, messages, add_generation_prompt)).toThrow(
          expect.objectContaining({ code: 'refused', message: `chat_template refuses the conversation: ${error}` }),
        );
  });
});

describe('a template that does not come to an end', () => {
  const endless = {
    'loops within loops': '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
    'a range without end': '{% for a in range(10000000000) %}a{% endfor %}',
    'a list that doubles':
      '{% set s = namespace(l=[1]) %}{% for a in range(99) %}{% set s.l = s.l + s.l %}{% endfor %}',
    'a text that doubles':
      '{% set s = namespace(l="a") %}{% for a in range(99) %}{% set s.l = s.l + s.l %}{% endfor %}',
    'lists that are kept':
      '{% set s = namespace(l=[]) %}{% set r = range(99999) %}{% for a in range(9999) %}{% set s.l = [s.l, r + [a]] %}{% endfor %}',
    'a list of itself as text':
      '{% set s = namespace(l=["abcdefgh"]) %}{% for a in range(99) %}{% set s.l = [s.l, s.l] %}{% endfor %}{{ s.l | tojson }}',
  };
  it.each(Object.entries(endless))('is stopped: %s', (_, template) => {
    expect(() => {
      const endless = new ChatTemplate('default', 'chat_template', template, new WorkClock(500));
      endless.render([], { addGenerationPrompt: false, variables: {} });
    }).toThrow(/^chat_template .*(was stopped|Invalid string length)/);
  });

  it('is stopped where it calls itself', () => {
    expect(() => render('{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}')).toThrow(
      'chat_template is not a usable chat template',
    );
  });
});

describe('features of templates', () => {
  it('knows the time in English', () => {
    const time = new Date(2025, 2, 4, 15, 6, 7);
    expect(formatTime(time, '%d %B %Y, %a %A %b %m %y %H:%M:%S %I %p 100%% %Q')).toBe(
      '04 March 2025, Tue Tuesday Mar 03 25 15:06:07 03 PM 100% %Q',
    );
    expect(render("{{ strftime_now('%Y') }}")).toMatch(/^20\d\d$/);
  });

  it('counts as Python does', () => {
    expect(
      render(
        '{{ range(3) | list | tojson }} {{ range(1, 8, 3) | list | tojson }} {{ range(3, 0, -1) | list | tojson }}',
      ),
    ).toBe('[0, 1, 2] [1, 4, 7] [3, 2, 1]');
  });
});

describe('texts and comparisons as in Jinja2', () => {
  it('takes away the characters that strip names, and keeps the indentation of an answer', () => {
    const answer = { role: 'assistant', content: '<think>a</think>\n\n    x = 1\n' };
    const last = "messages[0].content.split('</think>')[-1]";
    expect(render(`{{ ${last}.lstrip('\\n') }}|`, [answer])).toBe('    x = 1\n|');
    expect(render(`{{ ${last}.rstrip('\\n') }}|`, [answer])).toBe('\n\n    x = 1|');
    expect(render(`{{ ${last}.strip('\\n') }}|`, [answer])).toBe('    x = 1|');
    expect(render(`{{ ${last}.strip() }}|`, [answer])).toBe('x = 1|');
    expect(render("{{ 'abcxcba'.strip('ab') }} {{ '𝄞a𝄞'.strip('𝄞') }} {{ 'aaa'.strip('a') }}|")).toBe('cxc a |');
  });

  it('reads the reasoning by the names that Transformers gives it, whatever the file calls it', () => {
    const asked = '{{ messages[0].thinking }}|{{ messages[0].reasoning_content }}|{{ messages[0].reasoning }}';
    const answer = { role: 'assistant', content: 'Two.' };
    expect(render(asked, [{ ...answer, reasoning: 'Count.' }])).toBe('Count.|Count.|Count.');
    expect(render(asked, [{ ...answer, thinking: 'Count.' }])).toBe('Count.|Count.|');
    expect(render(asked, [{ ...answer, reasoning_content: 'Count.', thinking: 'Old.' }])).toBe('Old.|Count.|');
    expect(render(asked, [{ ...answer, reasoning: null }])).toBe('||None');
  });

  it('selects by what differs', () => {
    const messages = ['system', 'user'].map((role) => ({ role, content: role }));
    expect(
      render("{% for m in messages | selectattr('role', 'ne', 'system') %}{{ m.role }}{% endfor %}", messages),
    ).toBe('user');
  });
});

describe('tools', () => {
  it('have their numbers as the file writes them, and are none where there are none', () => {
    const call = parseAsPython(
      '{"name":"f","arguments":{"a":1.0,"b":1,"c":1e-7,"d":12345678901234567890,"e":[2.5,1e16]}}',
    );
    const messages = [{ role: 'assistant', content: '', tool_calls: [call] }];
    const { bos_token, eos_token } = golden;
    const template = new ChatTemplate(
      'default',
      'chat_template',
      '{{ tools is none }} {% for c in messages[0].tool_calls %}{{ c | tojson }} {{ c.arguments.a + 1 }} {{ c.arguments.a }}{% endfor %}',
    );
    expect(template.render(messages, { addGenerationPrompt: false, variables: { bos_token, eos_token } })).toBe(
      'True {"name": "f", "arguments": {"a": 1.0, "b": 1, "c": 1e-07, "d": 12345678901234567890, "e": [2.5, 1e+16]}} 2.0 1.0',
    );
  });
});

describe('sources of templates', () => {
  const tokenizer = parseTokenizer('tokenizer.json', '{"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}');
  const files = (chat_template: unknown, jinja: string | null = null) => ({
    file: 'tokenizer.json',
    configFile: 'tokenizer_config.json',
    tokenizer,
    config: parseTokenizerConfig('tokenizer_config.json', JSON.stringify({ chat_template, bos_token: '<s>' })),
    chatTemplate: jinja === null ? null : { file: 'chat_template.jinja', text: jinja },
  });
  const chat = (chat_template: unknown, jinja: string | null = null) =>
    renderChat(new TextTokenizer(files(chat_template, jinja)), [{ role: 'user', content: 'Hi' }]);

  it('takes the file, the one text, or the one named default', () => {
    expect(chat('{{ bos_token + messages[0].content }}')).toBe('<s>Hi');
    expect(chat('no', '{{ messages[0].role }}')).toBe('user');
    const named = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'this' },
    ];
    expect(chat(named)).toBe('this');
    expect(chatTemplates(files(named)).map(({ name }) => name)).toEqual(['tool_use', 'default']);
  });

  it('says where there is none, or none that can be read', () => {
    expect(() => chat(undefined)).toThrow('tokenizer_config.json has no chat_template');
    expect(() => chat('{% for %}')).toThrow('tokenizer_config.json: chat_template is not a usable chat template: ');
    expect(() => chat(7)).toThrow('tokenizer_config.json: chat_template: ');
  });
});

describe('a template that is slow', () => {
  it('is refused for a long run of spaces, which the library would search for seconds', () => {
    expect(() => render(`${' '.repeat(60_000)}x`)).toThrow('chat_template has more than 1000 spaces in a row');
  });

  it('has one clock for all its conversations, those that it refuses counted', () => {
    const { bos_token, eos_token } = golden;
    // Each costs some fiftieth of the clock, so that a machine of a tenth of the speed, or ten times of it, does the same.
    const slow = '{% for a in range(10000) %}{% set b = a + a %}{% endfor %}{{ raise_exception("no") }}';
    const template = new ChatTemplate('default', 'chat_template', slow, new WorkClock(1000));
    const ends = (): string => {
      try {
        return template.render([{ role: 'user', content: 'Hi' }], {
          addGenerationPrompt: false,
          variables: { bos_token, eos_token },
        });
      } catch (thrown) {
        return thrown instanceof Error ? thrown.message : String(thrown);
      }
    };
    expect(ends()).toContain('refuses the conversation: no');
    let last = ends();
    while (last.includes('refuses the conversation: no')) last = ends();
    expect(last).toContain('chat_template was stopped after 1 s');
  });

  it('is counted by the characters that a sort compares', () => {
    const sorted = `{% set s = namespace(l=[]) %}{% for a in range(2000) %}{% set s.l = s.l + [messages[0].content + (a | string)] %}{% endfor %}{% for a in range(50) %}{% set x = s.l | sort %}{% endfor %}`;
    expect(() => render(sorted, [{ role: 'user', content: 'x'.repeat(20_000) }])).toThrow(
      'chat_template was stopped: it does not finish',
    );
  });
});
