// @vitest-environment happy-dom
import { act, fireEvent, type RenderResult, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { Conversation } from '../../../../src-renderer/features/playground/conversation.tsx';
import {
  changeDraft,
  emptyPlayground,
  usePlayground,
} from '../../../../src-renderer/features/playground/playground-store.ts';
import { type ChatTurn, chatRecordSchema } from '../../../../src-shared/domain/generation/chat.ts';
import { generationRequestSchema } from '../../../../src-shared/domain/generation/generation.ts';
import { modelRecordSchema } from '../../../../src-shared/domain/models/model.ts';
import { adapter, backend, catalog, job } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const model = modelRecordSchema.parse({
  ...{ id: 'base', name: 'Small Llama', bundled: false, path: '/models/base', provenance: null, createdAt: 0 },
  description: {
    ...{ family: 'llama', architecture: 'LlamaForCausalLM', kind: 'causal-lm', parameterCount: 1, sizeBytes: 1 },
    ...{ dtype: 'F32', layerCount: 1, hiddenSize: 8, labels: [], image: null, linears: [], fingerprint: 'f' },
    text: { vocabularySize: 10, maxPositions: 16 },
  },
});

function turn(id: string, parentId: string | null, user: string, ...texts: string[]): ChatTurn {
  const answers = texts.map((text, at) => ({ name: ['Base', 'a'][at] ?? '', text, finish: 'end' as const }));
  return { id, parentId, user, seed: 0, answers, continued: 0 };
}

const kept = chatRecordSchema.parse({
  ...{ id: 'chat-0001', name: 'Hi', modelId: 'base', createdAt: 0, updatedAt: 0 },
  content: {
    ...{ columns: [null], kind: 'chat', text: '', pair: ['', ''], system: '', messages: [], turns: [], lastTurn: null },
    ...{ template: { id: 'own', text: null }, settings: {}, sampling: {}, answers: [] },
  },
});

const said = [turn('t1', null, 'Hi', 'Hello.', 'Good day.')];

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'generation.abilities': () => ({ problem: null, chat: true, defaults: { values: {}, note: null } }),
    'generation.start': () => job('j', 'generate'),
    'generation.render': () => ({ prompt: 'x', tokens: 1, problem: null }),
    'generation.scorers': () => [],
    'chats.save': () => kept,
  };
  usePlayground.setState(emptyPlayground, true);
  changeDraft({ modelId: 'base', kind: 'chat', columns: [null, 'a'], system: 'Be brief.' });
});

function show(shown: { job?: ReturnType<typeof job>; onStop?: () => void } = {}): RenderResult {
  return renderInWindow(
    <Conversation
      models={[model]}
      adapters={[adapter('a')]}
      catalog={catalog}
      job={shown.job}
      waitsFor={undefined}
      onStop={shown.onStop ?? (() => undefined)}
    />,
  );
}

const requested = () =>
  z
    .array(generationRequestSchema)
    .parse(backend.inputsOf('generation.start'))
    .map(({ prompt, seed }) => ({
      seed,
      said: prompt.kind === 'chat' ? prompt.messages.map(({ content }) => content) : [],
    }));

/** Waits until the model's settings are read, and messages can be sent. */
async function ready(view: RenderResult): Promise<HTMLElement> {
  await waitFor(() => expect(view.getByText(/Enter sends/)).toBeTruthy());
  return view.getByRole('textbox', { name: 'Message' });
}

test('Enter sends a message, Shift+Enter and an input method do not', async () => {
  const view = show();
  const message = await ready(view);
  fireEvent.change(message, { target: { value: 'Hi' } });
  fireEvent.keyDown(message, { key: 'Enter', shiftKey: true });
  fireEvent.keyDown(message, { key: 'Enter', isComposing: true });
  expect(requested()).toEqual([]);
  fireEvent.keyDown(message, { key: 'Enter' });
  await waitFor(() => expect(requested()).toEqual([{ seed: 0, said: ['Be brief.', 'Hi'] }]));
  await waitFor(() => expect(view.getByRole('region', { name: 'Answer of a' })).toBeTruthy());
  expect(message).toHaveProperty('value', '');
  act(() =>
    usePlayground.setState({
      columns: [
        { text: 'Hel', rates: null, finish: null },
        { text: 'Good', rates: null, finish: null },
      ],
    }),
  );
  expect(view.getByRole('region', { name: 'Answer of Base' }).textContent).toContain('Hel');
  expect(view.getByRole('region', { name: 'Answer of a' }).getAttribute('aria-busy')).toBe('true');
});

test('the answers are kept in their turn, and the next message continues the chosen one', async () => {
  changeDraft({ turns: said, lastTurn: 't1' });
  const view = show();
  const message = await ready(view);
  fireEvent.click(view.getByRole('button', { name: 'Continue with this' }));
  fireEvent.change(message, { target: { value: 'Who?' } });
  fireEvent.click(view.getByRole('button', { name: 'Send' }));
  await waitFor(() => expect(requested()).toEqual([{ seed: 0, said: ['Be brief.', 'Hi', 'Good day.', 'Who?'] }]));
});

test('a finished job writes its answers into the chat', async () => {
  changeDraft({ turns: [{ ...turn('t1', null, 'Hi') }], lastTurn: 't1' });
  const prompt = { kind: 'chat' as const, messages: [{ role: 'user', content: 'Hi' }] };
  usePlayground.setState({
    asked: { jobId: 'j', modelId: 'base', prompt, names: ['Base'], turnId: 't1', isKept: false },
    columns: [{ text: 'Hel', rates: null, finish: null }],
  });
  const rates = { promptTokens: 1, promptSeconds: 0.1, newTokens: 3, generationSeconds: 1 };
  backend.answers['jobs.result'] = () => ({
    kind: 'generate',
    result: { prompt: 'Hi', columns: [{ ...rates, text: 'Hello.', finish: 'end' }] },
  });
  const view = show({ job: { ...job('j', 'generate'), status: 'completed' } });
  await waitFor(() =>
    expect(backend.inputsOf('chats.save')).toMatchObject([
      { content: { turns: [{ answers: [{ name: 'Base', text: 'Hello.', finish: 'end' }] }], lastTurn: 't1' } },
    ]),
  );
  expect(view.getByRole('region', { name: 'Answer of Base' }).textContent).toContain('3 tokens · 2.00 tokens/s · EOS');
});

test('the up arrow edits the last message; the edit is another version beside the first', async () => {
  changeDraft({ turns: said, lastTurn: 't1' });
  const view = show();
  fireEvent.keyDown(await ready(view), { key: 'ArrowUp' });
  const edited = view.getByRole('textbox', { name: 'Edited message' });
  fireEvent.change(edited, { target: { value: 'Good evening' } });
  fireEvent.keyDown(edited, { key: 'Enter' });
  await waitFor(() => expect(requested()).toEqual([{ seed: 0, said: ['Be brief.', 'Good evening'] }]));
  await waitFor(() => expect(view.getByText('2/2')).toBeTruthy());
  expect(view.queryByText('Hello.')).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Previous version' }));
  expect(view.getByText('1/2')).toBeTruthy();
  expect(view.getByText('Hello.')).toBeTruthy();
});

test('writing the answers again takes the next seed', async () => {
  changeDraft({ turns: said, lastTurn: 't1' });
  const view = show();
  await ready(view);
  fireEvent.click(view.getByRole('button', { name: 'Write the answers again' }));
  await waitFor(() => expect(requested()).toEqual([{ seed: 1, said: ['Be brief.', 'Hi'] }]));
});

test('Escape stops what is being written', async () => {
  let stopped = 0;
  const view = show({ job: { ...job('j', 'generate'), status: 'running' }, onStop: () => stopped++ });
  fireEvent.keyDown(view.getByRole('textbox', { name: 'Message' }), { key: 'Escape' });
  fireEvent.click(view.getByRole('button', { name: 'Stop' }));
  expect(stopped).toBe(2);
});

test('an answer, edited before, is added to a file of training examples', async () => {
  changeDraft({ turns: said, lastTurn: 't1' });
  const lines: string[] = [];
  const appendText = async (line: string) => {
    lines.push(line);
    return 'chosen:0123456789012345678901:/data/chats.jsonl';
  };
  Object.assign(window, { coto: { dialogs: { appendText } } });
  const view = show();
  await ready(view);
  const answer = () => within(view.getByRole('region', { name: 'Answer of Base' }));
  fireEvent.click(answer().getByRole('button', { name: 'Edit the answer of Base' }));
  const edited = view.getByRole('textbox', { name: 'Edit the answer of Base' });
  fireEvent.change(edited, { target: { value: 'Hello there.' } });
  fireEvent.keyDown(edited, { key: 'Enter' });
  fireEvent.click(answer().getByRole('button', { name: 'Use the answer of Base as training example' }));
  fireEvent.click(await view.findByRole('menuitem', { name: 'Add to a file…' }));
  await waitFor(() => expect(lines).toHaveLength(1));
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello there.' },
    ],
  });
});
