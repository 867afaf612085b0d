import { ActionIcon, Text, Textarea, Tooltip } from '@mantine/core';
import { IconArrowUp, IconPlayerStopFilled } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import { playgroundStrings } from '../../strings/playground.ts';
import classes from './conversation.module.css';

const words = playgroundStrings.conversation;

interface ComposerProps {
  text: string;
  /** Reason why no message can be sent; null if one can. */
  problem: string | null;
  /** True while answers are being written. */
  isBusy: boolean;
  onChange: (text: string) => void;
  onSend: () => void;
  onStop: () => void;
  onEditLast: () => void;
}

/** The next message: Enter sends it, Shift+Enter starts a line, the up arrow in an empty one edits the last. */
export function Composer({ text, problem, isBusy, onChange, onSend, onStop, onEditLast }: ComposerProps) {
  const isEmpty = text.trim() === '';
  const canSend = problem === null && !isEmpty && !isBusy;
  const onKeyDown = (event: KeyboardEvent) => {
    if (isPlainEnter(event)) {
      event.preventDefault();
      if (canSend) onSend();
    } else if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault();
      onEditLast();
    } else if (event.key === 'Escape' && isBusy) onStop();
  };
  return (
    <div className={classes['composer']}>
      <div className={classes['composerRow']}>
        <Textarea
          aria-label={words.message}
          placeholder={words.placeholder}
          autosize
          minRows={1}
          maxRows={10}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {isBusy ? (
          <Tooltip label={words.stopHelp}>
            <ActionIcon variant="default" size={36} aria-label={words.stop} onClick={onStop}>
              <IconPlayerStopFilled size={16} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <Tooltip label={words.sendHelp}>
            <ActionIcon variant="filled" size={36} aria-label={words.send} disabled={!canSend} onClick={onSend}>
              <IconArrowUp size={18} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
      <Text size="xs" c="dimmed">
        {problem ?? words.keys}
      </Text>
    </div>
  );
}

/** Returns true for the Enter that sends; Enter that confirms a word of an input method does not. */
export function isPlainEnter({ key, shiftKey, ctrlKey, metaKey, altKey, nativeEvent }: KeyboardEvent): boolean {
  return key === 'Enter' && !shiftKey && !ctrlKey && !metaKey && !altKey && !nativeEvent.isComposing;
}
