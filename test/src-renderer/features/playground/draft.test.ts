import { describe, expect, test } from 'vitest';
import { chatName, emptyDraft, requestOf, toggleColumn } from '../../../../src-renderer/features/playground/draft.ts';
import { generationRequestSchema } from '../../../../src-shared/domain/generation/generation.ts';

describe('request of the form', () => {
  test('is a request, or a sentence that says what is missing', () => {
    expect(requestOf(emptyDraft, null)).toBe('Choose a language model.');
    expect(requestOf(emptyDraft, 'm')).toBe('Enter a prompt.');
    expect(requestOf({ ...emptyDraft, text: 'a', columns: [] }, 'm')).toBe('Choose the base or an adapter.');
    expect(requestOf({ ...emptyDraft, kind: 'chat' }, 'm')).toBe('Enter a message.');
    const request = requestOf(
      { ...emptyDraft, text: 'a', columns: [null, 'b'], settings: { stop: ['x', 'y'], max_new_tokens: 7 } },
      'm',
    );
    expect(generationRequestSchema.parse(request)).toMatchObject({
      model: 'm',
      columns: [null, { adapterId: 'b' }],
      prompt: { kind: 'text', text: 'a' },
      stop: ['x', 'y'],
      max_new_tokens: 7,
    });
  });

  test('names the setting that is not as declared', () => {
    const draft = { ...emptyDraft, text: 'a' };
    const temperature = {
      name: 'temperature',
      label: 'Temperature',
      type: 'number',
      default: 0.7,
      minimum: 0,
      help: 'Lower is safer.',
    } as const;
    expect(requestOf({ ...draft, settings: { max_new_tokens: 0 } }, 'm')).toBe('Max new tokens: Must be at least 1.');
    expect(requestOf({ ...draft, sampling: { temperature: 'warm' } }, 'm', [temperature])).toBe(
      'Temperature: Enter a number.',
    );
    expect(requestOf({ ...draft, sampling: { temperature: 0 } }, 'm', [temperature])).toMatchObject({
      sampling: { temperature: 0 },
    });
  });

  test('leaves an empty system prompt out', () => {
    expect(requestOf({ ...emptyDraft, kind: 'chat', system: ' ', input: 'Hi' }, 'm')).toMatchObject({
      prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }] },
    });
  });
});

describe('columns', () => {
  test('have the base first, and are four at most', () => {
    expect(toggleColumn([null], 'a')).toEqual([null, 'a']);
    expect(toggleColumn(['a', 'b'], null)).toEqual([null, 'a', 'b']);
    expect(toggleColumn([null, 'a', 'b', 'c'], 'd')).toEqual([null, 'a', 'b', 'c']);
    expect(toggleColumn([null, 'a'], null)).toEqual(['a']);
  });
});

test('a chat has the name of what was asked first, cut where it is long', () => {
  const turn = {
    ...{ id: 't', parentId: null, seed: 0, answers: [], continued: 0 },
    user: ` Why\n is ${'very '.repeat(20)}long`,
  };
  expect(chatName({ ...emptyDraft, kind: 'chat', turns: [turn] }, 'Untitled')).toMatch(/^Why is very .{30,40}…$/);
  expect(chatName({ ...emptyDraft, text: 'Once' }, 'Untitled')).toBe('Once');
  expect(chatName(emptyDraft, 'Untitled')).toBe('Untitled');
});

test('the system prompt and another template are part of a chat', () => {
  const chat = { ...emptyDraft, kind: 'chat', input: 'Hi' } as const;
  expect(requestOf({ ...chat, system: 'Be brief.' }, 'm')).toMatchObject({
    prompt: { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }] },
  });
  expect(requestOf({ ...chat, template: { id: 'custom', text: 'x' } }, 'm')).toMatchObject({
    prompt: { template: 'x' },
  });
  expect(requestOf(chat, 'm')).toHaveProperty('prompt', { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }] });
  expect(requestOf({ ...chat, system: 'Be brief.', input: ' ' }, 'm')).toBe('Enter a message.');
});
