import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectDataset, openDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../../src-main/engine/data/readers/index.ts';
import { openQuestions } from '../../../src-shared/domain/data/accounting.ts';
import type { TextExample, TextInspection } from '../../../src-shared/domain/data/dataset.ts';
import { isExcluded } from '../../../src-shared/domain/generation/chat-message.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { temporaryFolder } from './make-data.ts';

const home = temporaryFolder();
let files = 0;

function written(content: string, extension = 'jsonl'): string {
  const path = join(home, `${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

const asFile = (rows: readonly object[]) => written(rows.map((row) => JSON.stringify(row)).join('\n'));

interface Read {
  readonly inspection: TextInspection;
  readonly examples: TextExample[];
  readonly questions: string[];
  /** Columns that are used, with their roles. */
  readonly used: Record<string, string | null>;
}

/** Reads a file as the form does and as training does. */
async function read(path: string, options: ParameterValues = {}): Promise<Read> {
  const source = { ...(await detectReader(path)), options: { test_fraction: 0, ...options } };
  const inspection = await inspectDataset(source);
  if (inspection === null) throw new Error('these are images');
  const { misfit, accounting } = inspection;
  if (misfit !== null) throw new Error(`${misfit.message} ${misfit.hint}`);
  const opened = await openDataset(source);
  if (opened.kind !== 'texts') throw new Error('these are images');
  const examples: TextExample[] = [];
  for await (const example of opened.examples('train')) examples.push(example);
  if (accounting === undefined) throw new Error('there is no accounting');
  return {
    inspection,
    examples,
    questions: openQuestions(accounting).map(({ name }) => name),
    used: Object.fromEntries(accounting.columns.flatMap(({ name, use, as }) => (use === 'used' ? [[name, as]] : []))),
  };
}

/** Reads rows of which no column is left over. */
async function readWhole(rows: readonly object[]): Promise<Read> {
  const found = await read(asFile(rows));
  expect(found.questions).toEqual([]);
  expect(found.inspection.problems).toEqual([]);
  return found;
}

const turn = (role: string, content: string) => ({ role, content });
const [system, user, answer] = [
  turn('system', 'Answer in one word.'),
  turn('user', 'What is the capital of France?'),
  turn('assistant', 'Paris.'),
];
const worse = turn('assistant', 'Lyon.');

describe('system prompts and histories', () => {
  test.each([
    [
      'messages with a system column (Anthropic, OpenThoughts)',
      { system: system.content, messages: [user, answer] },
      [system, user, answer],
    ],
    [
      'ShareGPT with a system column (LLaMA-Factory)',
      {
        system: system.content,
        conversations: [
          { from: 'human', value: user.content },
          { from: 'gpt', value: answer.content },
        ],
      },
      [system, user, answer],
    ],
    [
      'alpaca with history as pairs (LLaMA-Factory)',
      {
        instruction: user.content,
        input: '',
        output: answer.content,
        system: system.content,
        history: [['Hello there', 'Hi.']],
      },
      [system, turn('user', 'Hello there'), turn('assistant', 'Hi.'), user, answer],
    ],
    [
      'a prompt with history as messages',
      { prompt: user.content, response: answer.content, history: [turn('user', 'Hello'), turn('assistant', 'Hi.')] },
      [turn('user', 'Hello'), turn('assistant', 'Hi.'), user, answer],
    ],
  ])('%s', async (_, row, messages) => {
    const { examples, inspection } = await readWhole([row]);
    expect(examples).toMatchObject([{ messages, prompt: null, completion: null }]);
    expect(inspection.columns[inspection.columns.messages === null ? 'history' : 'system']).not.toBe(null);
  });

  test('a system prompt before a prompt is part of it, with the input after it', async () => {
    const rows = [
      { system_prompt: 'Be brief.', question: 'Where?', response: 'Here.' },
      { system_prompt: '', question: 'When?', response: 'Now.' },
    ];
    const { examples, used } = await readWhole(rows);
    expect(examples).toMatchObject([
      { prompt: 'Be brief.\n\nWhere?', completion: 'Here.' },
      { prompt: 'When?', completion: 'Now.' },
    ]);
    expect(used).toEqual({ system_prompt: 'system', question: 'prompt', response: 'completion' });
    const alpaca = await readWhole([{ instruction: 'Add', input: '1 1', output: '2', system: 'Be exact.' }]);
    expect(alpaca.examples).toMatchObject([{ prompt: 'Be exact.\n\nAdd\n\n1 1', completion: '2' }]);
  });

  test('a row with two different system prompts is faulty, and one with the same twice has it once', async () => {
    const rows = [
      { system: system.content, messages: [system, user, answer] },
      { system: 'Answer in a sentence.', messages: [system, user, answer] },
      { system: null, messages: [user, answer] },
    ];
    const { examples, inspection } = await read(asFile(rows));
    expect(examples.map(({ messages }) => messages)).toEqual([
      [system, user, answer],
      [user, answer],
    ]);
    expect(inspection.problems).toEqual([
      { where: 'row 2', message: 'system and messages have different system prompts: keep one of them' },
    ]);
  });

  test('a system prompt with an empty question is a fault, not a prompt', async () => {
    const rows = ['Where?', ''].map((question) => ({ system: 'Be brief.', question, answer: 'Here.' }));
    const { examples, inspection } = await read(asFile(rows), { skip_faulty_rows: true });
    expect(examples.map(({ prompt }) => prompt)).toEqual(['Be brief.\n\nWhere?']);
    expect(inspection.problems).toEqual([
      {
        where: 'row 2',
        message: 'question is empty: the system prompt alone asks nothing, fill it in or leave the row out',
      },
    ]);
  });

  test.each([
    [
      'orca-dpo',
      { system: 'Be brief.', question: 'Where?', chosen: 'Here.', rejected: 'Nowhere.' },
      'Be brief.\n\nWhere?',
    ],
    ['alpaca with ranks', { instruction: 'Add', input: '1 1', chosen: '2', rejected: '3' }, 'Add\n\n1 1'],
  ])('preferences as texts: %s', async (_, row, prompt) => {
    const { examples } = await readWhole([row]);
    expect(examples).toMatchObject([{ prompt, completion: row.chosen, rejected: row.rejected, messages: null }]);
  });

  test.each([
    [
      'with a system column and whole conversations',
      { system: system.content, chosen: [user, answer], rejected: [user, worse] },
    ],
    [
      'with a prompt as text and answers as turns',
      { system: system.content, prompt: user.content, chosen: [answer], rejected: [worse] },
    ],
    [
      'as LLaMA-Factory ranks them',
      {
        system: system.content,
        conversations: [{ from: 'human', value: user.content }],
        chosen: { from: 'gpt', value: answer.content },
        rejected: { from: 'gpt', value: worse.content },
      },
    ],
  ])('preferences as conversations: %s', async (_, row) => {
    const { examples } = await readWhole([row]);
    expect(examples).toMatchObject([
      { messages: [system, user, answer], rejected: [system, user, worse], prompt: null },
    ]);
  });

  test('preferences with tools are conversations', async () => {
    const tools = [{ type: 'function', function: { name: 'find' } }];
    const row = { prompt: user.content, chosen: 'Paris.', rejected: 'Lyon.', tools: JSON.stringify(tools) };
    expect((await readWhole([row])).examples).toMatchObject([
      { messages: [user, answer], rejected: [user, worse], tools },
    ]);
  });

  test('preferences with a history are conversations', async () => {
    const row = { prompt: user.content, chosen: 'Paris.', rejected: 'Lyon.', history: [['Hello there', 'Hi.']] };
    const before = [turn('user', 'Hello there'), turn('assistant', 'Hi.'), user];
    const { examples } = await readWhole([row]);
    expect(examples).toMatchObject([{ messages: [...before, answer], rejected: [...before, worse] }]);
  });
});

describe('OpenAI’s fine-tuning files', () => {
  const tool = { name: 'find', parameters: { type: 'object', properties: {} } };
  const call = { name: 'find', arguments: '{"place": "Paris"}' };

  test('preferences with an input', async () => {
    const row = {
      input: { messages: [system, user], tools: [{ type: 'function', function: tool }], parallel_tool_calls: true },
      preferred_output: [answer],
      non_preferred_output: [worse],
    };
    const { examples, used } = await readWhole([row]);
    expect(examples).toMatchObject([
      {
        messages: [system, user, answer],
        rejected: [system, user, worse],
        tools: [{ type: 'function', function: tool }],
      },
    ]);
    expect(used).toMatchObject({ preferred_output: 'completion', non_preferred_output: 'rejected' });
    const bare = await readWhole([{ ...row, input: { messages: [user] } }]);
    expect(bare.examples[0]).not.toHaveProperty('tools');
  });

  test('calls of the older API become calls of tools', async () => {
    const messages = [
      user,
      { role: 'assistant', content: null, function_call: call },
      { role: 'function', name: 'find', content: 'It is there.' },
      answer,
    ];
    const { examples } = await readWhole([{ messages, functions: [tool] }]);
    expect(examples).toMatchObject([
      {
        tools: [{ type: 'function', function: tool }],
        messages: [
          user,
          { role: 'assistant', content: '', tool_calls: [{ type: 'function', function: call }] },
          { role: 'tool', name: 'find', content: 'It is there.' },
          answer,
        ],
      },
    ]);
    expect(examples[0]?.messages?.[1]).not.toHaveProperty('function_call');
  });

  test('a part that is no text is named', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } };
    const rows = [
      { messages: [user, answer] },
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }, image] }, answer] },
    ];
    expect((await read(asFile(rows))).inspection.problems).toEqual([
      {
        where: 'row 2',
        message:
          'messages: message 1 lacks content that can be learned from: it has a part of the type image_url, but only text is read; leave the row out',
      },
    ]);
  });
});

describe('calls of tools', () => {
  test('ShareGPT with tools, calls and observations (LLaMA-Factory)', async () => {
    const row = {
      conversations: [
        { from: 'human', value: 'Where is it?' },
        { from: 'function_call', value: '{"name": "find", "arguments": {"by": 1.0}}' },
        { from: 'observation', value: '{"place": "here"}' },
        { from: 'gpt', value: 'Here.' },
      ],
      system: 'Use the tools.',
      tools: '[{"name": "find", "parameters": {}}]',
    };
    const { examples } = await readWhole([row]);
    expect(examples).toMatchObject([
      {
        messages: [
          turn('system', 'Use the tools.'),
          turn('user', 'Where is it?'),
          { role: 'assistant', content: '', tool_calls: [{ type: 'function', function: { name: 'find' } }] },
          turn('tool', '{"place": "here"}'),
          turn('assistant', 'Here.'),
        ],
        tools: [{ name: 'find', parameters: {} }],
      },
    ]);
    expect(JSON.stringify(examples[0]?.messages)).toContain('"arguments":{"by":1.0}');
    const broken = { ...row, conversations: [row.conversations[0], { from: 'function_call', value: 'find it' }] };
    expect((await read(asFile([row, broken]))).inspection.problems).toEqual([
      { where: 'row 2', message: expect.stringContaining('message 2 calls a function without a name') },
    ]);
  });

  test('a prompt and its completion with tools are a conversation', async () => {
    const tools = [{ type: 'function', function: { name: 'find' } }];
    const row = { instruction: user.content, output: answer.content, system: system.content, tools };
    const { examples } = await readWhole([row]);
    expect(examples).toMatchObject([{ messages: [system, user, answer], tools, prompt: null, completion: null }]);
  });

  test('xLAM: a query, its calls and the tools', async () => {
    const tools = [{ name: 'find', description: 'Finds a place.', parameters: { place: { type: 'str' } } }];
    const row = {
      id: 7,
      query: 'Where is Paris on the map?',
      answers: JSON.stringify([{ name: 'find', arguments: { place: 'Paris' } }]),
      tools: JSON.stringify(tools),
    };
    const { examples, used, inspection } = await readWhole([row]);
    expect(examples).toMatchObject([
      {
        id: '7',
        messages: [
          turn('user', row.query),
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ type: 'function', function: { name: 'find', arguments: { place: 'Paris' } } }],
          },
        ],
        tools: [{ type: 'function', function: tools[0] }],
      },
    ]);
    expect(used).toEqual({ id: 'id', query: 'messages', answers: 'messages', tools: 'tools' });
    expect(inspection.accounting?.layout).toBe('Query and calls of tools');
    expect((await read(asFile([row, { ...row, answers: 'find' }]))).inspection.problems).toEqual([
      { where: 'row 2', message: expect.stringContaining('answers is no list of calls') },
    ]);
  });
});

describe('KTO', () => {
  const talks = [
    { messages: [user, answer], label: true },
    { messages: [user, worse], label: false },
  ];

  test.each([
    ['messages with a label (LLaMA-Factory)', talks],
    [
      'ShareGPT with kto_tag',
      talks.map(({ messages, label }) => ({
        conversations: messages.map(({ role, content }) => ({
          from: role === 'user' ? 'human' : 'gpt',
          value: content,
        })),
        kto_tag: label,
      })),
    ],
  ])('%s', async (_, rows) => {
    const { examples } = await readWhole(rows);
    expect(examples).toMatchObject([
      { messages: [user, answer], desirable: true, label: null },
      { messages: [user, worse], desirable: false, label: null },
    ]);
  });

  test('alpaca with kto_tag', async () => {
    const rows = [true, false].map((kto_tag) => ({ instruction: 'Add', input: '1 1', output: '2', kto_tag }));
    expect((await readWhole(rows)).examples).toMatchObject([
      { prompt: 'Add\n\n1 1', completion: '2', desirable: true },
      { prompt: 'Add\n\n1 1', completion: '2', desirable: false },
    ]);
  });
});

describe('prompts and completions by known names', () => {
  const [asked, answered] = ['Write a line about the sea, please.', 'The sea is wide and it is never still.'];

  test.each([
    ['instruction', 'generation'],
    ['problem', 'generated_solution'],
    ['problem', 'solution'],
    ['question', 'solution'],
    ['input', 'output'],
    ['inputs', 'targets'],
    ['source', 'target'],
    ['article', 'highlights'],
    ['dialogue', 'summary'],
    ['document', 'summary'],
    ['text', 'summary'],
    ['Context', 'Response'],
    ['user', 'assistant'],
  ])('%s and %s', async (prompt, completion) => {
    const { examples, used } = await readWhole([
      { [completion]: answered, [prompt]: asked },
      { [completion]: answered, [prompt]: asked },
    ]);
    expect(examples[0]).toMatchObject({ prompt: asked, completion: answered, text: null });
    expect(used).toEqual({ [prompt]: 'prompt', [completion]: 'completion' });
  });

  test('a class beside a text of the same name stays a class', async () => {
    const rows = [
      { input: 'It was a wonderful evening.', target: 'good' },
      { input: 'It was a dull evening.', target: 'bad' },
    ];
    expect((await readWhole(rows)).examples).toMatchObject([
      { text: rows[0]?.input, label: 'good' },
      { text: rows[1]?.input, label: 'bad' },
    ]);
  });

  test('translations ask which language is the prompt', async () => {
    const path = asFile([{ translation: { en: 'Good morning to you all', de: 'Guten Morgen euch allen' } }]);
    await expect(read(path)).rejects.toThrow(/several languages.*prompt=translation\.en completion=translation\.de/);
    const { examples, questions } = await read(path, { prompt: 'translation.en', completion: 'translation.de' });
    expect(examples).toMatchObject([{ prompt: 'Good morning to you all', completion: 'Guten Morgen euch allen' }]);
    expect(questions).toEqual([]);
  });
});

describe('conversations in other forms', () => {
  const other = [turn('user', 'And of Italy?'), turn('assistant', 'Rome.')];

  test('a list of inputs and outputs (Capybara)', async () => {
    const conversation = [
      { input: user.content, output: answer.content },
      { input: 'And of Italy?', output: 'Rome.' },
    ];
    const { examples } = await readWhole([{ source: 'Know-It-All', conversation }]);
    expect(examples).toMatchObject([{ messages: [user, answer, ...other] }]);
  });

  test.each([
    ['JSON', JSON.stringify([user, answer])],
    [
      'Python',
      "[{'role': 'user', 'content': 'What is the capital of France?'}, {'role': 'assistant', 'content': 'Paris.'}]",
    ],
  ])('%s in a cell of a CSV', async (_, cell) => {
    const path = written(`id,messages\n1,"${cell.replaceAll('"', '""')}"\n2,"${cell.replaceAll('"', '""')}"\n`, 'csv');
    const { examples, inspection } = await read(path);
    expect(examples).toMatchObject([{ messages: [user, answer] }, { messages: [user, answer] }]);
    expect(inspection.columns.messages).toBe('messages');
  });

  test('roles of turns in such a cell are repaired like others', async () => {
    const cell = JSON.stringify([{ ...user, role: 'User ' }, answer]).replaceAll('"', '""');
    const { examples } = await read(written(`id,messages\n1,"${cell}"\n`, 'csv'), { steps: 'repair' });
    expect(examples).toMatchObject([{ messages: [user, answer] }]);
  });

  test('preferences whose answers are written as JSON in a CSV', async () => {
    const cell = (value: unknown) => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
    const path = written(`chosen,rejected\n${cell([user, answer])},${cell([user, worse])}\n`, 'csv');
    expect((await read(path)).examples).toMatchObject([{ messages: [user, answer], rejected: [user, worse] }]);
  });

  test('messages that ask, with the answer in a column of its own', async () => {
    const rows = [{ input: [system, user], output: 'Paris.', category: 'geo' }];
    expect((await readWhole(rows)).examples).toMatchObject([{ messages: [system, user, answer] }]);
  });

  test('fields of messages that only a template may read are shown', async () => {
    const messages = [{ ...user, id: 7, score: 0.5, name: 'Ada' }, answer];
    const { inspection, questions } = await read(asFile([{ messages }]));
    expect(questions).toEqual([]);
    expect(inspection.accounting?.columns.filter(({ use }) => use === 'unused')).toMatchObject([
      { name: 'messages[].id', as: 'given to the chat template, which may leave it out', filledRows: 1 },
      { name: 'messages[].score' },
    ]);
  });

  test('a weight of ShareGPT’s turns (SlimOrca) stays with them', async () => {
    const conversations = [
      { from: 'human', value: user.content, weight: 0 },
      { from: 'gpt', value: worse.content, weight: 0 },
      { from: 'gpt', value: answer.content, weight: 1 },
    ];
    const [example] = (await readWhole([{ conversations }])).examples;
    expect(example?.messages?.filter(isExcluded).map(({ content }) => content)).toEqual([user.content, worse.content]);
  });

  test.each([
    [{ ...answer, loss: false }, 'message 2 has the flag loss, which is not supported: use train or weight'],
    [{ ...answer, images: ['a.png'] }, 'message 2 has images, but only text is read; leave the row out'],
  ])('a message that would be learned otherwise than meant is faulty: %j', async (turned, message) => {
    const { inspection } = await read(asFile([{ messages: [user, answer] }, { messages: [user, turned] }]));
    expect(inspection.problems).toEqual([{ where: 'row 2', message: expect.stringContaining(message) }]);
  });

  test('Stanford Human Preferences: the label says which reference is preferred', async () => {
    const rows = [1, 0].map((labels) => ({
      post_id: 'x',
      history: 'What is the capital of France?',
      human_ref_A: 'It is Paris.',
      human_ref_B: 'It is Lyon.',
      labels,
      score_A: 7,
    }));
    expect((await readWhole(rows)).examples).toMatchObject([
      { prompt: rows[0]?.history, completion: 'It is Paris.', rejected: 'It is Lyon.' },
      { prompt: rows[0]?.history, completion: 'It is Lyon.', rejected: 'It is Paris.' },
    ]);
  });

  test('Chatbot Arena: the winner is chosen, and a tie is a faulty row', async () => {
    const row = (winner: string) => ({
      question_id: winner,
      model_a: 'one',
      model_b: 'other',
      winner,
      judge: 'arena_user_973',
      conversation_a: [user, answer],
      conversation_b: [user, worse],
      turn: 1,
      language: 'English',
    });
    const { examples, inspection, questions, used } = await read(
      asFile(['model_a', 'model_b', 'tie (bothbad)'].map(row)),
    );
    expect(examples).toMatchObject([
      { messages: [user, answer], rejected: [user, worse] },
      { messages: [user, worse], rejected: [user, answer] },
    ]);
    expect(inspection.problems).toEqual([
      { where: 'row 3', message: 'winner is "tie (bothbad)", so neither answer is better: leave the row out' },
    ]);
    expect(questions).toEqual([]);
    expect(used).toMatchObject({ conversation_a: 'messages, rejected', winner: 'messages, rejected' });
  });
});

describe('layouts that are rejected by name', () => {
  test.each([
    [
      'TRL stepwise supervision',
      { prompt: 'How much is 2 + 3?', completions: ['2 + 3 is 5.', 'So it is 6.'], labels: [true, false] },
      /steps of a solution with a label for each/,
    ],
    [
      'UltraFeedback as published',
      {
        source: 'evol',
        instruction: 'Tell me a story',
        models: ['a'],
        completions: [{ response: 'Once', overall_score: 7 }],
      },
      /several rated completions.*binarized/,
    ],
    [
      'distilabel with ratings',
      { instruction: 'Tell me a story', generations: ['Once upon a time', 'There was'], ratings: [5, 3] },
      /several answers to each prompt/,
    ],
    [
      'two answers and a vote',
      { prompt: 'Tell me a story', response_a: 'Once', response_b: 'There', winner_model_a: 1 },
      /two models and a vote/,
    ],
    ['Nectar', { prompt: 'Tell me a story', answers: [{ answer: 'Once', rank: 1, model: 'a' }] }, /ranked answers/],
  ])('%s', async (_, row, message) => {
    await expect(read(asFile([row, row]))).rejects.toThrow(message);
  });
});
