import { describe, expect, test } from 'vitest';
import { emptyDraft, requestOf, toggleColumn, withAnswer } from '../../../../src-renderer/features/playground/draft.ts';
import { generationRequestSchema } from '../../../../src-shared/domain/generation.ts';

describe('what the form asks for', () => {
  test('is a request, or a sentence that says what is missing', () => {
    expect(requestOf(emptyDraft, null)).toBe('Choose a language model.');
    expect(requestOf(emptyDraft, 'm')).toBe('Write what the model should go on from.');
    expect(requestOf({ ...emptyDraft, text: 'a', columns: [] }, 'm')).toBe('Choose the base or an adapter.');
    expect(requestOf({ ...emptyDraft, kind: 'chat' }, 'm')).toBe('Write a message.');
    const request = requestOf({ ...emptyDraft, text: 'a', columns: [null, 'b'], stop: 'x\n\ny' }, 'm');
    expect(generationRequestSchema.parse(request)).toMatchObject({
      model: 'm',
      columns: [null, { adapterId: 'b' }],
      prompt: { kind: 'text', text: 'a' },
      stop: ['x', 'y'],
    });
  });

  test('leaves empty messages out', () => {
    const messages = [
      { role: 'system', content: ' ' },
      { role: 'user', content: 'Hi' },
    ] as const;
    expect(requestOf({ ...emptyDraft, kind: 'chat', messages }, 'm')).toMatchObject({
      prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }] },
    });
  });
});

describe('columns', () => {
  test('have the base first, and are three at most', () => {
    expect(toggleColumn([null], 'a')).toEqual([null, 'a']);
    expect(toggleColumn(['a', 'b'], null)).toEqual([null, 'a', 'b']);
    expect(toggleColumn([null, 'a', 'b'], 'c')).toEqual([null, 'a', 'b']);
    expect(toggleColumn([null, 'a'], null)).toEqual(['a']);
  });
});

test('a conversation goes on after the answer', () => {
  expect(withAnswer([{ role: 'user', content: 'Hi' }], 'Hello').map(({ role, content }) => [role, content])).toEqual([
    ['user', 'Hi'],
    ['assistant', 'Hello'],
    ['user', ''],
  ]);
});
