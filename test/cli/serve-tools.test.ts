import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { writeScriptedModel } from '../scripted-model.ts';
import { toolScript, weatherTool } from '../serve/openai/tool-script.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';
import { type Serving, serving } from './serving.ts';

const folder = temporaryFolder();
const home = join(folder, 'home');
let served: Serving;

const callSchema = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
const chatSchema = z.object({
  choices: z.array(
    z.object({
      index: z.number(),
      message: z.object({ content: z.string().nullable(), tool_calls: z.array(callSchema).optional() }),
      finish_reason: z.string(),
    }),
  ),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }),
});
const deltaSchema = z.object({
  choices: z.array(
    z.object({
      delta: z.object({
        content: z.string().optional(),
        tool_calls: z
          .array(
            callSchema.partial({ id: true, type: true }).extend({
              index: z.number(),
              function: callSchema.shape.function.partial({ name: true }),
            }),
          )
          .optional(),
      }),
      finish_reason: z.string().nullable(),
    }),
  ),
});
const errorSchema = z.object({ error: z.object({ message: z.string(), param: z.string().nullable() }) });

beforeAll(async () => {
  const coto = cotoOn(home);
  await writeScriptedModel(join(folder, 'caller'), toolScript);
  // A template that leaves tools out.
  const template = '{% for message in messages %}{{ message.content }}{% endfor %}<|plain|>';
  await writeScriptedModel(join(folder, 'deaf'), { ...toolScript, template });
  for (const name of ['caller', 'deaf']) {
    const added = await coto(['models', 'add', join(folder, name)]);
    expect(added.code, added.err).toBe(0);
  }
  served = await serving(home, ['--openai']);
});
afterAll(() => served.stop());

async function post(body: object, path = '/chat/completions') {
  const response = await fetch(`${served.openai}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${served.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'caller', temperature: 0, ...body }),
  });
  return { status: response.status, text: await response.text() };
}

async function chat(content: string, body: object = {}) {
  const { text } = await post({ messages: [{ role: 'user', content }], ...body });
  const { choices, usage } = chatSchema.parse(JSON.parse(text));
  const [choice] = choices;
  return {
    content: choice?.message.content,
    calls: (choice?.message.tool_calls ?? []).map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
    finish: choice?.finish_reason,
    usage,
    choice,
  };
}

async function refused(body: object) {
  const { status, text } = await post({ messages: [{ role: 'user', content: 'Hi.' }], ...body });
  const { message, param } = errorSchema.parse(JSON.parse(text)).error;
  return { status, message, param };
}

const strictTool = (parameters: object) => ({
  type: 'function',
  function: { name: 'weather', strict: true, parameters },
});

const tools = [weatherTool];
const paris = ['weather', { city: 'Paris' }];

describe('tools', () => {
  test('reach the template, and calls are read out of the answer', async () => {
    expect(await chat('Hi.')).toMatchObject({ content: 'Hello there.', calls: [], finish: 'stop' });
    const called = await chat('Hi.', { tools });
    expect(called).toMatchObject({ content: 'Let me look.', calls: [paris], finish: 'tool_calls' });
    expect(called.choice?.message.tool_calls?.[0]?.id).toMatch(/^call_[0-9a-f]{24}$/);
  });

  test('stream as deltas with index, id, name and arguments', async () => {
    const { text } = await post({ messages: [{ role: 'user', content: 'Hi.' }], tools, stream: true });
    const choices = text
      .split('\n\n')
      .map((line) => line.replace(/^data: /, ''))
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => deltaSchema.parse(JSON.parse(line)).choices);
    expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('Let me look.');
    const deltas = choices.flatMap(({ delta }) => delta.tool_calls ?? []);
    expect(deltas).toEqual([
      { index: 0, id: expect.stringMatching(/^call_/), type: 'function', function: { name: 'weather', arguments: '' } },
      { index: 0, function: { arguments: '{"city": "Paris"}' } },
    ]);
    expect(choices.at(-1)?.finish_reason).toBe('tool_calls');
  });

  test('several calls of an answer are all read, or one with parallel_tool_calls: false', async () => {
    const both = [
      ['weather', { city: 'Rome' }],
      ['weather', { city: 'Oslo' }],
    ];
    expect(await chat('Two!', { tools })).toMatchObject({ content: null, calls: both, finish: 'tool_calls' });
    const one = await chat('Two!', { tools, parallel_tool_calls: false });
    expect(one).toMatchObject({ content: null, calls: both.slice(0, 1), finish: 'tool_calls' });
  });

  test('results go back to the model, whose answer is content', async () => {
    const { choice } = await chat('Hi.', { tools });
    const [call] = choice?.message.tool_calls ?? [];
    const question = { role: 'user', content: 'Hi.' };
    const messages = [question, { role: 'assistant', ...choice?.message, refusal: null, audio: null }];
    const answered = { role: 'tool', tool_call_id: call?.id, content: 'Snow.' };
    const done = await chat('', { messages: [...messages, answered], tools });
    expect(done).toMatchObject({ content: 'It snows.', calls: [], finish: 'stop' });
    // Also without tools in the request, and in parts.
    const parts = [...messages, { ...answered, content: [{ type: 'text', text: 'Snow.' }] }];
    expect(await chat('', { messages: parts })).toMatchObject({ content: 'It snows.' });
    const stray = await refused({ messages: [question, { ...answered, tool_call_id: 'other' }] });
    expect(stray).toMatchObject({ status: 400, param: 'messages.1.tool_call_id' });
    const broken = { ...call, function: { name: 'weather', arguments: 'Paris' } };
    expect(await refused({ messages: [question, { role: 'assistant', tool_calls: [broken] }] })).toMatchObject({
      status: 400,
      param: 'messages.1.tool_calls.0.function.arguments',
    });
  });

  test('a call that does not parse stays content', async () => {
    const answer = '<tool_call>{"name": weather} What?';
    expect(await chat('Broken!', { tools })).toMatchObject({ content: answer, calls: [], finish: 'stop' });
  });

  test('tool_choice none calls nothing; a named tool and required force the start of a call', async () => {
    expect(await chat('Hi.', { tools, tool_choice: 'none' })).toMatchObject({ content: 'Hello there.', calls: [] });
    const forced = ['weather', { city: 'Forced' }];
    const named = { type: 'function', function: { name: 'weather' } };
    for (const tool_choice of [
      'required',
      named,
      { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named] } },
    ])
      expect(await chat('Hi.', { tools, tool_choice })).toMatchObject({ content: null, calls: [forced] });
  });

  test('a call of a strict function whose arguments do not match its schema stays content', async () => {
    const schema = (city: object) => ({
      type: 'object',
      properties: { city: { $ref: '#/$defs/city' } },
      required: ['city'],
      additionalProperties: false,
      $defs: { city },
    });
    const text = schema({ type: 'string' });
    expect(await chat('Hi.', { tools: [strictTool(text)] })).toMatchObject({ calls: [paris], finish: 'tool_calls' });
    const { content, calls, finish } = await chat('Hi.', { tools: [strictTool(schema({ enum: ['Rome'] }))] });
    expect([calls, finish]).toEqual([[], 'stop']);
    expect(content).toContain('<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>');
  });

  test('an answer that is cut has no call, and the finish reason length', async () => {
    const cut = await chat('Hi.', { tools, max_completion_tokens: 4 });
    expect(cut).toMatchObject({ content: 'Let me look.\n<tool_call>\n{"name": "weat', calls: [], finish: 'length' });
  });

  test('several answers to one prompt count it once', async () => {
    const { text } = await post({ messages: [{ role: 'user', content: 'Hi.' }], tools, n: 2 });
    const { choices, usage } = chatSchema.parse(JSON.parse(text));
    const one = await chat('Hi.', { tools });
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'Let me look.'],
      [1, 'Let me look.'],
    ]);
    expect(usage).toMatchObject({
      prompt_tokens: one.usage.prompt_tokens,
      completion_tokens: 2 * one.usage.completion_tokens,
    });
  });

  const other = { type: 'function', function: { name: 'clock' } };
  const cases: [string, object, object][] = [
    ['a template without tools', { model: 'deaf', tools }, { param: 'tools', message: /leaves tools out/ }],
    ['results to such a template', { model: 'deaf', messages: [{ role: 'tool', tool_call_id: 'x' }] }, { status: 400 }],
    ['functions', { functions: [weatherTool.function] }, { param: 'functions', message: /use tools/ }],
    ['function_call', { function_call: { name: 'weather' } }, { param: 'function_call', message: /tool_choice/ }],
    ['the role function', { messages: [{ role: 'function', content: '' }] }, { param: 'messages.0.role' }],
    ['a tool of another type', { tools: [{ type: 'custom', custom: {} }] }, { param: 'tools.0.type' }],
    [
      'a strict tool whose schema cannot be checked',
      { tools: [strictTool({ not: { required: ['city'] } })] },
      { param: 'tools.0.function.parameters', message: /strict/ },
    ],
    ['two tools of one name', { tools: [weatherTool, weatherTool] }, { param: 'tools' }],
    ['a choice of another tool', { tools, tool_choice: other }, { param: 'tool_choice', message: /clock/ }],
    ['a choice without tools', { tool_choice: 'required' }, { param: 'tool_choice' }],
    ['a field of no request', { temprature: 1 }, { param: 'temprature', message: /no field/ }],
    ['reasoning_effort', { reasoning_effort: 'high' }, { param: 'reasoning_effort' }],
    ['store', { store: true }, { param: 'store' }],
    ['logit_bias', { logit_bias: { 5: 1 } }, { param: 'logit_bias' }],
  ];
  test.each(cases)('%s is refused by name', async (_, body, { message = /./, ...expected }: { message?: RegExp }) => {
    const error = await refused(body);
    expect(error).toMatchObject({ status: 400, ...expected });
    expect(error.message).toMatch(message);
  });
});
