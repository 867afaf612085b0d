import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ChatRecord } from '../../../src-shared/domain/generation/chat.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';

export function chatHandlers({ store, hub, deletions }: HandlerServices): Handlers<NamesOf<'chats'>> {
  const require = (id: string): ChatRecord => {
    const chat = store.chats.find(id);
    if (chat === null) throw new StudioError('not_found', `There is no chat "${id}" in the studio.`);
    return chat;
  };
  const save = (chat: ChatRecord): ChatRecord => {
    store.chats.save(chat);
    hub.listChanged('chats');
    return chat;
  };
  return {
    'chats.list': () => deletions.visible('chats', store.chats.list()),
    'chats.get': ({ id }) => require(id),
    'chats.save': ({ id, name, modelId, content }) => {
      const before = store.chats.find(id);
      const now = Date.now();
      // A name that was given by hand stays.
      return save({
        id,
        name: before?.name ?? name,
        modelId,
        content,
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      });
    },
    'chats.rename': ({ id, name }) => save({ ...require(id), name }),
    'chats.remove': async ({ id, undoMilliseconds }) => {
      require(id);
      await deletions.remove('chats', id, undoMilliseconds, () => {
        store.durably(() => store.chats.remove(id));
        hub.listChanged('chats');
      });
      return { ok: true };
    },
  };
}
