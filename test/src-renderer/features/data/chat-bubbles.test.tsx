// @vitest-environment happy-dom
import { within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ChatBubbles } from '../../../../src-renderer/features/data/chat-bubbles.tsx';
import { conversationOf } from '../../../../src-renderer/features/data/conversation-turns.ts';
import { type TextExample, textExampleSchema } from '../../../../src-shared/domain/data/dataset.ts';
import { renderInWindow } from '../../window.tsx';

const example = (own: Partial<TextExample>): TextExample =>
  textExampleSchema.parse({
    ...{ row: 'row 1', split: 'train', text: null, textPair: null, label: null },
    ...{ prompt: null, completion: null, messages: null },
    ...own,
  });
const user = { role: 'user', content: 'Two plus two?' };
const four = { role: 'assistant', content: 'Four.' };
const five = { role: 'assistant', content: 'Five.' };

test('messages are turns, with what is called', () => {
  const call = { role: 'assistant', content: '', tool_calls: [{ name: 'add' }] };
  expect(conversationOf(example({ messages: [user, call] }))).toEqual({
    turns: [
      { role: 'user', text: 'Two plus two?' },
      { role: 'assistant', text: '{"name":"add"}' },
    ],
    answers: [],
  });
});

test('an answer that the data exclude from the loss is marked', () => {
  const excluded = { ...four, weight: 0 };
  const turns = conversationOf(example({ messages: [user, excluded, user, five] }));
  if (turns === null) throw new Error('there is no conversation');
  const list = renderInWindow(<ChatBubbles {...turns} />).getAllByRole('listitem');
  expect(list.map((turn) => turn.querySelector('small')?.textContent)).toEqual([
    'user',
    'assistant (not in the loss)',
    'user',
    'assistant',
  ]);
});

test('two conversations share their beginning, and differ in their answers', () => {
  expect(conversationOf(example({ messages: [user, four], rejected: [user, five] }))).toEqual({
    turns: [{ role: 'user', text: 'Two plus two?' }],
    answers: [
      { verdict: 'chosen', turns: [{ role: 'assistant', text: 'Four.' }] },
      { verdict: 'rejected', turns: [{ role: 'assistant', text: 'Five.' }] },
    ],
  });
});

test('one answer is wanted or not', () => {
  const said = { turns: [{ role: 'prompt', text: '2 + 2' }] };
  const answers = (verdict: string) => [{ verdict, turns: [{ role: 'completion', text: '5' }] }];
  const own = { prompt: '2 + 2', completion: '5' };
  expect(conversationOf(example({ ...own, desirable: false }))).toEqual({ ...said, answers: answers('unwanted') });
  expect(conversationOf(example({ ...own, desirable: true }))).toEqual({ ...said, answers: answers('wanted') });
  expect(conversationOf(example({ messages: [user, five], desirable: false }))?.answers).toEqual([
    { verdict: 'unwanted', turns: [{ role: 'assistant', text: 'Five.' }] },
  ]);
});

test('texts that nobody answers are no conversation', () => {
  expect(conversationOf(example({ text: 'Once upon a time' }))).toBeNull();
  expect(conversationOf(example({ completion: 'Once upon a time' }))).toBeNull();
});

test('answers are beside each other, each under what the data say of it', () => {
  const conversation = conversationOf(example({ prompt: '2 + 2', completion: '4', rejected: '5' }));
  if (conversation === null) throw new Error('it is one');
  const view = renderInWindow(<ChatBubbles {...conversation} />);
  const shown = within(view.getByRole('region', { name: 'Conversation' }));
  expect(shown.getAllByRole('heading').map(({ textContent }) => textContent)).toEqual(['Chosen', 'Rejected']);
  expect(shown.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    'prompt2 + 2',
    'completion4',
    'completion5',
  ]);
});
