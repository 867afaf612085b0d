import type { ChatContent } from '../../../src-shared/domain/generation/chat.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { notifyDeleted, undoMilliseconds } from '../../components/feedback/undo.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { chatName, type Draft } from './draft.ts';
import { contentOf, forgetLeftChat, newChat, openChatId, showChat, usePlayground } from './playground-store.ts';

const words = playgroundStrings.chats;

/** Keeps the open chat, with the answers that it has so far. */
export function useChatKeeping() {
  const { mutate } = useAction('chats.save', { failureTitle: words.failedToSave });
  return (draft: Draft, answers: ChatContent['answers']) => {
    if (draft.modelId === null) return;
    const name = chatName(draft, words.untitled);
    mutate({ id: openChatId(), name, modelId: draft.modelId, content: contentOf(draft, answers) });
  };
}

/** The kept chats, and what can be done with one. */
export function useChats() {
  const chats = useRequest('chats.list', {}).data;
  const { chatId } = usePlayground();
  const open = useAction('chats.get', { failureTitle: words.failedToOpen, onSuccess: showChat });
  const rename = useAction('chats.rename', { failureTitle: words.failedToChange });
  const remove = useAction('chats.remove', {
    failureTitle: words.failedToChange,
    onSuccess: (_, { id }) => {
      if (usePlayground.getState().chatId === id) newChat();
      // Answers that come later must not bring the chat back.
      forgetLeftChat(id);
      notifyDeleted('chats', [id], words.deleted);
    },
  });
  return {
    chats,
    chatId,
    open: (id: string) => open.mutate({ id }),
    rename: (id: string, name: string) => rename.mutate({ id, name }),
    remove: (id: string) => remove.mutate({ id, undoMilliseconds }),
  };
}
