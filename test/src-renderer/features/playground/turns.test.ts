import { expect, test } from 'vitest';
import {
  branchTo,
  conversationIn,
  exampleLine,
  messagesOf,
  newestEnd,
  versionsOf,
} from '../../../../src-renderer/features/playground/turns.ts';
import { type ChatTurn, chatContentSchema } from '../../../../src-shared/domain/generation/chat.ts';

function turn(id: string, parentId: string | null, user: string, ...texts: string[]): ChatTurn {
  const answers = texts.map((text, at) => ({ name: `column ${at}`, text, finish: 'end' as const }));
  return { id, parentId, user, seed: 0, answers, continued: 0 };
}

const hello = turn('a', null, 'Hi', 'Hello.', 'Good day.');
const turns = [
  hello,
  turn('b', 'a', 'Who?', 'A model.'),
  turn('c', 'b', 'Why?', 'So.'),
  turn('d', 'a', 'Where?', 'Here.'),
];

test('a branch goes from the first turn to its last one', () => {
  expect(branchTo(turns, 'c').map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(branchTo(turns, 'd').map(({ id }) => id)).toEqual(['a', 'd']);
  expect(branchTo(turns, null)).toEqual([]);
  // A damaged file may have a turn that follows itself.
  expect(branchTo([turn('x', 'x', '')], 'x').map(({ id }) => id)).toEqual(['x']);
});

test('versions of a turn are those after the same turn, and each has its newest end', () => {
  expect(versionsOf(turns, turn('', 'a', '')).map(({ id }) => id)).toEqual(['b', 'd']);
  expect(newestEnd(turns, 'b')).toBe('c');
  expect(newestEnd(turns, 'a')).toBe('d');
});

test('a conversation continues the chosen answer of each turn', () => {
  const said = (continued: number) => messagesOf([{ ...hello, continued }]).map(({ content }) => content);
  expect([said(0), said(1)]).toEqual([
    ['Hi', 'Hello.'],
    ['Hi', 'Good day.'],
  ]);
});

test('a training example has the conversation before it, and the answer alone of its own turn', () => {
  expect(JSON.parse(exampleLine('Be brief.', branchTo(turns, 'b'), ' A better answer. '))).toEqual({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'Who?' },
      { role: 'assistant', content: 'A better answer.' },
    ],
  });
});

test('the messages of an older chat become turns, with its last answers', () => {
  const old = chatContentSchema.parse({
    columns: [null],
    kind: 'chat',
    text: '',
    system: 'Be brief.',
    messages: [
      { role: 'system', content: 'In French.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Salut.' },
      { role: 'user', content: 'Who?' },
    ],
    template: { id: 'own', text: null },
    settings: {},
    sampling: {},
    answers: [{ name: 'Base', text: 'Moi.', finish: 'end' }],
  });
  const { system, turns, lastTurn } = conversationIn(old);
  expect(system).toBe('Be brief.\n\nIn French.');
  expect(messagesOf(branchTo(turns, lastTurn)).map(({ content }) => content)).toEqual(['Hi', 'Salut.', 'Who?', 'Moi.']);
});
