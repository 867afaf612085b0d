// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import {
  changeDraft,
  emptyPlayground,
  forgetLeftChat,
  newChat,
  showChat,
  usePlayground,
} from '../../../../src-renderer/features/playground/playground-store.ts';
import '../../../../src-renderer/features/playground/use-kept-answers.ts';
import type { EventName } from '../../../../src-shared/contract/events.ts';
import { chatRecordSchema } from '../../../../src-shared/domain/generation/chat.ts';
import { backend, job } from '../../fake-backend.ts';

const listeners = vi.hoisted(() => [] as { name: string; listener: (payload: unknown) => void }[]);

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
  onEvent: (name: string, listener: (payload: unknown) => void) => listeners.push({ name, listener }),
}));

function tell(name: EventName, payload: unknown): void {
  for (const one of listeners) if (one.name === name) one.listener(payload);
}

const turn = { id: 't1', parentId: null, user: 'Hi', seed: 0, answers: [], continued: 0 };
const record = chatRecordSchema.parse({
  ...{ id: 'chat-0001', name: 'Hi', modelId: 'base', createdAt: 0, updatedAt: 0 },
  content: {
    ...{ columns: [null], kind: 'chat', text: '', pair: ['', ''], system: '', messages: [], lastTurn: 't1' },
    ...{ turns: [turn], template: { id: 'own', text: null }, settings: {}, sampling: {}, answers: [] },
  },
});
const rates = { promptTokens: 1, promptSeconds: 0.1, newTokens: 3, generationSeconds: 1 };
const answered = [{ id: 't1', answers: [{ name: 'Base', text: 'Hello.', finish: 'end' }] }];

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'jobs.result': () => ({
      kind: 'generate',
      result: { prompt: 'Hi', columns: [{ ...rates, text: 'Hello.', finish: 'end' }] },
    }),
    'chats.save': () => record,
  };
  usePlayground.setState(emptyPlayground, true);
  changeDraft({ modelId: 'base', kind: 'chat', turns: [turn], lastTurn: 't1' });
  const prompt = { kind: 'chat' as const, messages: [{ role: 'user' as const, content: 'Hi' }] };
  usePlayground.setState({
    chatId: 'chat-0001',
    asked: { jobId: 'j', modelId: 'base', prompt, names: ['Base'], turnId: 't1', isKept: false },
    columns: [{ text: 'Hel', rates: null, finish: null }],
  });
});

const end = () => tell('job.changed', { ...job('j', 'generate'), status: 'completed' });

test('answers that end while another page is shown are kept in the open chat', async () => {
  end();
  await waitFor(() =>
    expect(backend.inputsOf('chats.save')).toMatchObject([{ id: 'chat-0001', content: { turns: answered } }]),
  );
  expect(usePlayground.getState()).toMatchObject({ asked: { isKept: true }, draft: { turns: answered } });
});

test('answers that end while another chat is open are kept in theirs, and leave the open one alone', async () => {
  newChat();
  end();
  await waitFor(() =>
    expect(backend.inputsOf('chats.save')).toMatchObject([{ id: 'chat-0001', content: { turns: answered } }]),
  );
  await waitFor(() => expect(usePlayground.getState().left).toEqual([]));
  expect(usePlayground.getState()).toMatchObject({ chatId: null, asked: null, draft: { turns: [] } });
});

test('a chat that is opened again shows the text that has come meanwhile', () => {
  newChat();
  tell('generation.text', { jobId: 'j', pieces: [{ column: 0, text: 'lo', ...rates }] });
  showChat(record);
  expect(usePlayground.getState()).toMatchObject({
    ...{ chatId: 'chat-0001', left: [], asked: { jobId: 'j', turnId: 't1' }, columns: [{ text: 'Hello' }] },
    draft: { turns: [turn] },
  });
});

test('opening the open chat while it is being written loses nothing', () => {
  showChat(record);
  expect(usePlayground.getState()).toMatchObject({ asked: { jobId: 'j' }, columns: [{ text: 'Hel' }], left: [] });
});

test('a generation that fails leaves the text so far in its chat; a deleted chat does not come back', async () => {
  backend.answers['jobs.result'] = () => ({ kind: 'generate', result: null });
  newChat();
  end();
  await waitFor(() =>
    expect(backend.inputsOf('chats.save')).toMatchObject([
      { content: { turns: [{ answers: [{ text: 'Hel', finish: 'cancelled' }] }] } },
    ]),
  );
  backend.asked = [];
  forgetLeftChat('chat-0001');
  end();
  expect(backend.asked).toEqual([]);
});
