import { isObject } from '../text/raw-row.ts';
import { holdsTurns, parsedText } from '../text/turns.ts';
import { CellFault, type Layout } from './layout.ts';

const becomes = 'a conversation';

/** Layouts of conversations with more than a list of messages. */
export const conversationLayouts: readonly Layout[] = [
  {
    id: 'function-calls',
    label: 'Query and calls of tools',
    sources: 'xLAM (xlam-function-calling-60k), APIGen',
    becomes: 'a conversation whose answer calls tools',
    columns: {},
    made: {
      messages: { from: ['query', 'answers'], value: ([query, calls]) => callTurns(query, calls) },
      tools: { from: ['tools'], value: ([tools]) => describedTools(tools) },
    },
    without: ['messages', 'conversations'],
    fits: (of) => of('messages').some((cell) => Array.isArray(cell)),
  },
  {
    id: 'paired-conversation',
    label: 'Conversation of inputs and outputs',
    sources: 'Capybara, LLaMA-Factory history',
    becomes,
    columns: { messages: ['conversation'] },
    optional: { system: ['system', 'system_prompt'] },
    without: ['messages', 'conversations'],
    fits: (of) => of('messages').some((cell) => holdsTurns(cell)),
  },
  {
    id: 'paired-comparison',
    label: 'Two answers to a prompt with a vote',
    sources: 'lmsys-arena-human-preference',
    becomes: 'rejected by name',
    columns: { prompt: ['prompt'], completion: ['response_a'], rejected: ['response_b'] },
    refusal: {
      message: 'has the answers of two models and a vote (response_a, response_b)',
      hint: 'Write them as prompt, chosen and rejected, without the ties; or name the columns, e.g. prompt=prompt completion=response_a.',
    },
  },
];

/** The question and the calls that answer it; calls are a list of {name, arguments}, or the JSON of it. */
function callTurns(query: unknown, calls: unknown): unknown {
  const list = typeof calls === 'string' ? parsedText(calls) : calls;
  if (typeof query !== 'string' || !Array.isArray(list))
    return new CellFault('answers is no list of calls: write it as [{"name": …, "arguments": {…}}]');
  if (!list.every((call) => isObject(call) && typeof call['name'] === 'string' && 'arguments' in call))
    return new CellFault('answers has a call without a name or arguments: write each as {"name": …, "arguments": {…}}');
  return [
    { role: 'user', content: query },
    { role: 'assistant', content: '', tool_calls: list.map((call) => ({ type: 'function', function: call })) },
  ];
}

/** Tools in the form of OpenAI's API, which chat templates expect. */
function describedTools(tools: unknown): unknown {
  const list = typeof tools === 'string' ? parsedText(tools) : tools;
  if (!Array.isArray(list) || !list.every(isObject)) return tools;
  return list.map((tool) => ('function' in tool ? tool : { type: 'function', function: tool }));
}
