import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { ChatContent } from '../../../src-shared/domain/generation/chat.ts';
import { closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';

afterEach(closeBackends);

const content: ChatContent = {
  columns: [null, 'adapter-1'],
  kind: 'chat',
  text: '',
  pair: ['', ''],
  system: 'Be brief.',
  messages: [],
  turns: [
    {
      ...{ id: 'a', parentId: null, user: 'Why?', seed: 0, continued: 0 },
      answers: [{ name: 'Base', text: 'Because.', finish: 'end' }],
    },
  ],
  lastTurn: 'a',
  template: { id: 'custom', text: '{{ messages }}' },
  settings: { seed: 3 },
  sampling: { temperature: 0 },
  answers: [],
};

it('chats survive a restart, keep the name that they were given, and go', async () => {
  const home = join(temporaryFolder(), 'home');
  const first = await openBackend({ startEngine: realEngine, home });
  await first.handle('chats.save', { id: 'chat-0001', name: 'Why?', modelId: 'gone', content });
  await first.handle('chats.rename', { id: 'chat-0001', name: 'Reasons' });
  await first.handle('chats.save', { id: 'chat-0002', name: 'Later', modelId: 'gone', content });
  await first.handle('chats.save', {
    id: 'chat-0001',
    name: 'Why?',
    modelId: 'gone',
    content: { ...content, text: 'x' },
  });
  await expect.poll(() => first.seen('list.changed')).toContainEqual({ list: 'chats' });
  await first.close();

  const second = await openBackend({ startEngine: realEngine, home });
  const listed = await second.handle('chats.list', {});
  expect(listed.map(({ name }) => name).toSorted()).toEqual(['Later', 'Reasons']);
  expect(await second.handle('chats.get', { id: 'chat-0001' })).toMatchObject({
    name: 'Reasons',
    modelId: 'gone',
    content: { ...content, text: 'x' },
  });
  await second.handle('chats.remove', { id: 'chat-0001' });
  await expect(second.handle('chats.get', { id: 'chat-0001' })).rejects.toMatchObject({ code: 'not_found' });
  await expect(second.handle('chats.rename', { id: 'chat-0001', name: 'x' })).rejects.toThrow(/no chat/);
});
