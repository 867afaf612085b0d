import { describe, expect, it } from 'vitest';
import { type AnswerPart, CallReader } from '../../../../src-main/serve/openai/tools/call-reader.ts';
import { toolFormats } from '../../../../src-main/serve/openai/tools/formats/index.ts';
import type { WrittenCall } from '../../../../src-main/serve/openai/tools/tool-format.ts';

const text = { type: 'string' };
const functions = new Map([
  ['weather', { type: 'object', properties: { city: text, days: { type: 'integer' }, at: { type: 'object' } } }],
  ['clock', { type: 'object', properties: {} }],
]);

function formatOf(id: string) {
  const format = toolFormats.find((known) => known.id === id);
  if (format === undefined) throw new Error(`there is no format ${id}`);
  return format;
}

/** Content and calls of an answer that comes in pieces. */
function read(id: string, pieces: readonly string[], isParallel = true) {
  const reader = new CallReader(formatOf(id), functions, isParallel);
  const parts: AnswerPart[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return {
    content: parts.map((part) => ('content' in part ? part.content : '')).join(''),
    calls: parts.flatMap((part): readonly WrittenCall[] => ('calls' in part ? part.calls : [])),
  };
}

const call = (name: string, value: unknown): WrittenCall => ({ name, arguments: JSON.stringify(value) });
const rain = '{"city": "Zürich \\"}<", "days": 2}';
const weather = { name: 'weather', arguments: rain };

/** Answers as published templates write them, with the content and the calls in them. */
const answers: readonly [format: string, answer: string, content: string, calls: readonly object[]][] = [
  ['hermes', `<tool_call>\n{"name": "weather", "arguments": ${rain}}\n</tool_call>`, '', [weather]],
  [
    'hermes',
    `Let me see.\n\n<tool_call>\n{"name": "weather", "arguments": ${rain}}\n</tool_call>\n<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>\n`,
    'Let me see.',
    [weather, call('clock', {})],
  ],
  ['hermes', `<tool_call>{"arguments": ${JSON.stringify(rain)}, "name": "weather"}</tool_call>`, '', [weather]],
  ['llama3-json', `{"name": "weather", "parameters": ${rain}}`, '', [weather]],
  [
    'llama3-json',
    `<|python_tag|>{"name": "weather", "parameters": ${rain}}; {"name": "clock"}`,
    '',
    [weather, call('clock', {})],
  ],
  [
    'mistral-list',
    `[TOOL_CALLS][{"name": "weather", "arguments": ${rain}, "id": "a1b2c3d4e"}, {"name": "clock", "arguments": {}}]`,
    '',
    [{ ...weather, id: 'a1b2c3d4e' }, call('clock', {})],
  ],
  [
    'mistral-arguments',
    `[TOOL_CALLS]weather[ARGS]${rain}[TOOL_CALLS]clock[CALL_ID]a1b2c3d4e[ARGS]{}`,
    '',
    [weather, { ...call('clock', {}), id: 'a1b2c3d4e' }],
  ],
  ['granite-list', `<|tool_call|>[{"name": "weather", "arguments": ${rain}}]`, '', [weather]],
  [
    'cohere-actions',
    `I will look.<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "weather", "parameters": ${rain}}\n]<|END_ACTION|>`,
    'I will look.',
    [weather],
  ],
  [
    'deepseek-calls',
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n\`\`\`json\n${rain}\n\`\`\`<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>clock\n\`\`\`json\n{}\n\`\`\`<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    '',
    [weather, call('clock', {})],
  ],
  [
    'deepseek-calls',
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>${rain}<｜tool▁call▁end｜><｜tool▁calls▁end｜>`,
    '',
    [weather],
  ],
  [
    'function-tags',
    '<tool_call>\n<function=weather>\n<parameter=city>\nNew\nYork\n</parameter>\n<parameter=days>\n2\n</parameter>\n<parameter=at>\n{"x": [1.0]}\n</parameter>\n</function>\n</tool_call>',
    '',
    [{ name: 'weather', arguments: '{"city": "New\\nYork", "days": 2, "at": {"x": [1.0]}}' }],
  ],
  [
    'function-tags',
    '<seed:tool_call>\n<function=weather>\n<parameter=city>12</parameter>\n</function>\n</seed:tool_call>',
    '',
    [{ name: 'weather', arguments: '{"city": "12"}' }],
  ],
  ['function-tags', `<function=weather>${rain}</function>`, '', [weather]],
  [
    'python-calls',
    `<|tool_call_start|>[weather(city="Zürich \\"}<", days=2), clock(at={'x': [True, None, -1.5]}, to='a, b')]<|tool_call_end|>`,
    '',
    [weather, { name: 'clock', arguments: '{"at": {"x":[true,null,-1.5]}, "to": "a, b"}' }],
  ],
  [
    'argument-tags',
    '\n<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Rome</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>\n<tool_call>clock\n</tool_call>',
    '',
    [
      { name: 'weather', arguments: '{"city": "Rome", "days": 2}' },
      { name: 'clock', arguments: '{}' },
    ],
  ],
];

describe('calls of tools', () => {
  it.each(answers)('in the form %s: %s', (id, answer, content, calls) => {
    expect(read(id, [answer])).toEqual({ content, calls });
    // Streams give the same, wherever they are cut.
    expect(read(id, [...answer])).toEqual({ content, calls });
    for (const size of [3, 7]) {
      const pieces = Array.from({ length: Math.ceil(answer.length / size) }, (_, at) =>
        answer.slice(at * size, (at + 1) * size),
      );
      expect(read(id, pieces)).toEqual({ content, calls });
    }
  });

  it.each(toolFormats.map((format) => [format.id, format] as const))('%s reads what it writes', (id, format) => {
    const calls = [call('weather', { city: 'Rome', days: 2 }), call('clock', {})];
    const found = read(id, [...format.write(calls)]);
    expect(found.content).toBe('');
    expect(found.calls.map((one) => [one.name, JSON.parse(one.arguments)])).toEqual([
      ['weather', { city: 'Rome', days: 2 }],
      ['clock', {}],
    ]);
  });

  it.each(toolFormats.map((format) => [format.id, format] as const))('%s begins with its start', (_, format) => {
    const whole = format.write([call('weather', { city: 'Rome' })]).trim();
    const isStart = (start: string) => whole.replaceAll(/\s/g, '').startsWith(start.replaceAll(/\s/g, ''));
    expect([null, 'weather'].map((name) => [name, isStart(format.start(name))])).toEqual([
      [null, true],
      ['weather', true],
    ]);
  });

  it('ends with the first call where only one is wanted', () => {
    const both = '<tool_call>{"name": "clock"}</tool_call> <tool_call>{"name": "weather"}</tool_call> Done.';
    expect(read('hermes', [...both], false)).toEqual({ content: '', calls: [call('clock', {})] });
    // A stop string takes the end of the call away.
    expect(read('hermes', ['<tool_call>{"name": "clock"}'], false).calls).toEqual([call('clock', {})]);
  });
});

describe('text that is no call', () => {
  const texts: readonly [format: string, answer: string][] = [
    ['hermes', 'Nothing to call. '],
    ['hermes', ' \n'],
    ['hermes', 'Write <tool_call> before a call.'],
    ['hermes', '<tool_call>\n{"name": "weather", "arguments": {"city": "Zü'],
    ['hermes', '<tool_call>\n{"name": "weather", "arguments": {city}}\n</tool_call>\n'],
    ['hermes', '<tool_call>\n{"name": "weather", "arguments": [1]}\n</tool_call>'],
    ['hermes', '<tool_call>{"arguments": {}}</tool_call>'],
    ['hermes', 'a <tool'],
    // A function that was not offered.
    ['llama3-json', '{"name": "Bob", "parameters": {}}'],
    ['llama3-json', '{"city": "Rome"}'],
    ['llama3-json', 'Like this: {"name": "clock", "parameters": {}}'],
    ['mistral-list', '[TOOL_CALLS] none'],
    ['mistral-list', '[TOOL_CALLS][]'],
    ['mistral-arguments', '[TOOL_CALLS]weather, I think[ARGS]'],
    ['deepseek-calls', '<｜tool▁calls▁begin｜><｜tool▁calls▁end｜>'],
    ['function-tags', '<tool_call>\n<function=weather>\nRome\n</function>\n</tool_call>'],
    ['argument-tags', '<tool_call>weather Rome</tool_call>'],
    ['python-calls', '<|tool_call_start|>[weather(Rome)]<|tool_call_end|>'],
    ['python-calls', '<|tool_call_start|>[weather(city=f"Rome")]<|tool_call_end|>'],
    ['python-calls', '<|tool_call_start|>weather(city="Rome")'],
  ];
  it.each(texts)('stays content of %s, with every character: %s', (id, answer) => {
    for (const pieces of [[answer], [...answer]]) expect(read(id, pieces)).toEqual({ content: answer, calls: [] });
  });

  it('is kept before and after calls', () => {
    const answer = 'One.\n<tool_call>{"name": "clock"}</tool_call>\n<tool_call>oops</tool_call>\n';
    expect(read('hermes', [...answer])).toEqual({
      content: 'One.\n<tool_call>oops</tool_call>\n',
      calls: [call('clock', {})],
    });
  });
});
