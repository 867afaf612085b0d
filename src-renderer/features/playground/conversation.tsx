import { ActionIcon, Button, Textarea, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { Select } from '../../components/form/choices.tsx';
import type { Message } from './draft.ts';
import classes from './playground.module.css';

const roles = [
  { value: 'system', label: 'System' },
  { value: 'user', label: 'User' },
  { value: 'assistant', label: 'Assistant' },
];

interface ConversationProps {
  messages: readonly Message[];
  onChange: (messages: readonly Message[]) => void;
}

/** The messages of a chat, each with its role. */
export function Conversation({ messages, onChange }: ConversationProps) {
  const put = (index: number, changes: Partial<Message>) =>
    onChange(messages.map((message, at) => (at === index ? { ...message, ...changes } : message)));
  return (
    <>
      {messages.map((message, index) => (
        <div key={index} className={classes['message']}>
          <Select
            aria-label={`Role of message ${index + 1}`}
            data={roles}
            value={message.role}
            allowDeselect={false}
            onChange={(role) => {
              if (role === 'system' || role === 'user' || role === 'assistant') put(index, { role });
            }}
          />
          <Tooltip label="Remove the message">
            <ActionIcon
              aria-label={`Remove message ${index + 1}`}
              disabled={messages.length === 1}
              onClick={() => onChange(messages.filter((_, at) => at !== index))}
            >
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
          <Textarea
            aria-label={`Message ${index + 1}`}
            autosize
            minRows={2}
            maxRows={10}
            value={message.content}
            onChange={(event) => put(index, { content: event.currentTarget.value })}
          />
        </div>
      ))}
      <Button variant="default" onClick={() => onChange([...messages, { role: 'user', content: '' }])}>
        Add a message
      </Button>
    </>
  );
}
