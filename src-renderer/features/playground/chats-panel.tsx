import { ActionIcon, Button, Menu, Text, UnstyledButton } from '@mantine/core';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import type { ChatSummary } from '../../../src-shared/domain/generation/chat.ts';
import { useRename } from '../../components/actions/use-rename.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { askName } from '../../components/form/name-dialog.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { appStrings } from '../../strings/app.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import classes from './playground.module.css';
import { newChat } from './playground-store.ts';
import { useChats } from './use-chats.ts';

const words = playgroundStrings.chats;

/** The chats that were kept, the last changed first; a click opens one as it was left. */
export function ChatsPanel() {
  const { chats, chatId, open, rename, remove } = useChats();
  const askForName = ({ id, name }: ChatSummary) =>
    askName({
      title: words.renameTitle,
      label: words.name,
      name,
      confirm: words.save,
      cancel: words.cancel,
      onName: (changed) => rename(id, changed),
    });
  useRename(appStrings.renames.chat, chats, chatId, askForName);
  return (
    <Panel
      title={words.title}
      aside={
        <Button size="xs" variant="default" onClick={newChat}>
          {words.new}
        </Button>
      }
      flush
    >
      {chats?.length === 0 ? (
        <Text size="sm" c="dimmed" p={12}>
          {words.empty}
        </Text>
      ) : (
        <ul className={classes['chats']} aria-label={words.title}>
          {chats?.map((chat) => (
            <li
              key={chat.id}
              data-row-id={chat.id}
              className={classes['chat']}
              data-current={chat.id === chatId || undefined}
            >
              <UnstyledButton
                className={classes['chatName'] ?? ''}
                aria-current={chat.id === chatId || undefined}
                title={chat.name}
                onClick={() => open(chat.id)}
              >
                {chat.name}
              </UnstyledButton>
              <Text size="xs" c="dimmed" flex="none">
                <RelativeTime at={chat.updatedAt} />
              </Text>
              <ChatMenu chat={chat} onRename={() => askForName(chat)} onRemove={() => remove(chat.id)} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface ChatMenuProps {
  chat: ChatSummary;
  onRename: () => void;
  onRemove: () => void;
}

function ChatMenu({ chat: { name }, onRename, onRemove }: ChatMenuProps) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={20} aria-label={words.more(name)}>
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={16} />} onClick={onRename}>
          {words.rename}
        </Menu.Item>
        <Menu.Item
          color="var(--studio-failure)"
          leftSection={<IconTrash size={16} />}
          onClick={() =>
            confirmRemoval({
              question: words.deleteQuestion(name),
              consequence: words.consequence,
              verb: words.verb,
              onConfirm: onRemove,
            })
          }
        >
          {words.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
