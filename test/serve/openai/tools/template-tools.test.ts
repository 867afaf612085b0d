import { describe, expect, it } from 'vitest';
import { ChatTemplate } from '../../../../src-main/engine/tokenization/chat-template.ts';
import { type Render, readTemplateTools } from '../../../../src-main/serve/openai/tools/template-tools.ts';
import { hasToolMessages, templateMessages } from '../../../../src-main/serve/openai/tools/tool-messages.ts';

/** Renders with a template; null where it refuses. */
function renderOf(text: string): Render {
  return async (messages, tools, addGenerationPrompt) => {
    try {
      const options = { addGenerationPrompt, tools: tools ?? undefined, variables: {} };
      return new ChatTemplate('default', 'it', text).render(messages, options);
    } catch {
      return null;
    }
  };
}

/** A template with this text for each call of an answer. */
function template(call: string, rest = '{{ m.role }}: {{ m.content }}'): string {
  return `{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{% if m.tool_calls %}${
    call === '' ? '' : `{% for c in m.tool_calls %}${call}{% endfor %}`
  }{% else %}${rest}{% endif %}{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}`;
}

const conversation = [
  { role: 'user', content: 'Weather?' },
  {
    role: 'assistant',
    content: 'Let me see.',
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city": "Rome"}' } }],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'Rain.' },
];

const nine = '{% if c.id | length != 9 %}{{ raise_exception("nine") }}{% endif %}';
const cases: readonly [title: string, text: string, found: object, messages: readonly object[]][] = [
  [
    'arguments as objects',
    template(
      '<tool_call>{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}</tool_call>',
    ),
    { format: { id: 'hermes' }, readsTools: true, readsCalls: true, readsResults: true, argumentsAre: 'object' },
    [{ tool_calls: [{ id: 'call_1', function: { arguments: { city: 'Rome' } } }] }, { name: 'weather' }],
  ],
  [
    'arguments as a string that is joined',
    template(
      '<tool_call>{{ \'{"name": "\' + c.function.name + \'", "arguments": \' + c.function.arguments + "}" }}</tool_call>',
    ),
    { format: { id: 'hermes' }, readsCalls: true, argumentsAre: 'string' },
    [{ tool_calls: [{ id: 'call_1', function: { arguments: '{"city": "Rome"}' } }] }, { name: 'weather' }],
  ],
  [
    'ids of nine characters',
    template(
      `${nine}[TOOL_CALLS][{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}]`,
    ),
    { format: { id: 'mistral-list' }, readsCalls: true },
    [
      { tool_calls: [{ id: expect.stringMatching(/^[0-9a-f]{9}$/) }] },
      { tool_call_id: expect.stringMatching(/^[0-9a-f]{9}$/) },
    ],
  ],
  [
    'calls that the template leaves out, in a form that its prompt names',
    `Call with <|tool_call|>.${template('')}`,
    { format: { id: 'granite-list' }, readsTools: true, readsCalls: false, readsResults: true },
    [
      { content: 'Let me see.\n<|tool_call|>[{"name": "weather", "arguments": {"city": "Rome"}}]' },
      { name: 'weather' },
    ],
  ],
];

describe('a chat template', () => {
  it.each(cases)('has %s', async (_, text, found, [call, result]) => {
    const tools = await readTemplateTools(renderOf(text));
    expect(tools).toMatchObject(found);
    const [question, ...others] = templateMessages(conversation, tools);
    expect(question).toEqual(conversation[0]);
    expect(others[0]).toMatchObject(call ?? {});
    expect(others[1]).toMatchObject({ role: 'tool', content: 'Rain.', ...result });
    if (!tools.readsCalls) expect(others[0]).not.toHaveProperty('tool_calls');
  });

  it('without tools, in an unknown form, or without results is told', async () => {
    const plain = '{% for m in messages %}{{ m.content }}{% endfor %}';
    expect(await readTemplateTools(renderOf(plain))).toMatchObject({ format: null, readsTools: false });
    const unknown = await readTemplateTools(renderOf(template('!{{ c.function.name }}!{{ c.function.arguments }}')));
    expect(unknown).toMatchObject({ format: null, readsTools: true, readsCalls: true });
    const silent = '{% if m.role != "tool" %}{{ m.content }}{% endif %}';
    const withoutResults = await readTemplateTools(renderOf(template('', silent)));
    expect(withoutResults.readsResults).toBe(false);
    expect(() => templateMessages(conversation, withoutResults)).toThrow(/messages\.1\.tool_calls is left out/);
    const calls = { ...withoutResults, readsCalls: true };
    expect(() => templateMessages(conversation, calls)).toThrow(/messages\.2\.role .*leaves results of tools out/);
  });

  it('that opens reasoning has it closed before a forced call', async () => {
    const opening = `${template('')}{% if add_generation_prompt %}<think>\n{% endif %}`;
    expect((await readTemplateTools(renderOf(opening))).closesReasoning).toBe('\n</think>\n\n');
    expect((await readTemplateTools(renderOf(template('')))).closesReasoning).toBe('');
  });

  it('is asked only where a conversation has calls or results', () => {
    expect(hasToolMessages(conversation.slice(0, 1))).toBe(false);
    expect(hasToolMessages(conversation.slice(0, 2))).toBe(true);
    expect(hasToolMessages(conversation.slice(2))).toBe(true);
  });
});
