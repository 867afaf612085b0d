import { Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { ChatTurn } from '../../../src-shared/domain/generation/chat.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { pageActions } from '../../components/actions/page-actions.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { isActive } from '../jobs/use-job.ts';
import { Composer } from './composer.tsx';
import classes from './conversation.module.css';
import { ConversationTurn, type Editing } from './conversation-turn.tsx';
import { changeDraft, usePlayground } from './playground-store.ts';
import { branchTo, newestEnd } from './turns.ts';
import { useKeptAnswers } from './use-kept-answers.ts';
import { type PlaygroundInput, usePlaygroundForm } from './use-playground-form.ts';

const words = playgroundStrings.conversation;

interface ConversationProps extends Omit<PlaygroundInput, 'isWriting'> {
  job: JobRecord | undefined;
  waitsFor: JobRecord | undefined;
  onStop: () => void;
}

/** A conversation in bubbles: each message with the answers of all columns beside each other, and the next message. */
export function Conversation({ job, waitsFor, onStop, ...input }: ConversationProps) {
  const isWriting = isActive(job);
  const form = usePlaygroundForm({ ...input, isWriting });
  const { asked, columns, draft } = usePlayground();
  const written = useKeptAnswers(job);
  const [editing, setEditing] = useState<Editing | null>(null);
  const branch = branchTo(draft.turns, draft.lastTurn);
  const last = branch.at(-1);
  const send = (user: string, after: string | null) => {
    setEditing(null);
    form.send(user, after);
  };
  const sendInput = () => send(draft.input.trim(), draft.lastTurn);
  const regenerate = ({ user, parentId }: ChatTurn) => send(user, parentId);
  const editLast = () => {
    if (last !== undefined && !isWriting) setEditing({ turn: last.id, column: null });
  };
  const isEmpty = draft.input.trim() === '';
  const blocked = isWriting ? words.writing : form.turnProblem;
  useActions([
    {
      ...pageActions.generate,
      label: words.send,
      disabledReason: blocked ?? (isEmpty ? words.enter : null),
      run: sendInput,
    },
    {
      ...pageActions.regenerate,
      disabledReason: blocked ?? (last === undefined ? words.nothing : null),
      run: () => {
        if (last !== undefined) regenerate(last);
      },
    },
    pageActions.editLastMessage,
  ]);
  const end = useFollowedEnd([columns, draft.lastTurn, asked?.isKept]);
  return (
    <div className={classes['conversation']}>
      <div className={classes['thread']} ref={end}>
        {branch.length === 0 ? <EmptyState>{words.start}</EmptyState> : null}
        <ol className={classes['turns']} aria-label={words.title}>
          {branch.map((turn, depth) => (
            <ConversationTurn
              key={depth}
              turn={turn}
              branch={branch.slice(0, depth + 1)}
              job={asked?.turnId === turn.id ? job : undefined}
              written={asked?.turnId === turn.id ? written : null}
              isLast={turn === last}
              editing={editing?.turn === turn.id ? editing : null}
              blocked={blocked}
              onEdit={setEditing}
              onSend={(user) => send(user, turn.parentId)}
              onShow={(id) => changeDraft({ lastTurn: newestEnd(draft.turns, id) })}
            />
          ))}
        </ol>
        {job?.status === 'queued' ? (
          <Text size="sm" c="dimmed" role="status">
            {waitsFor ? playgroundStrings.prompt.waiting(waitsFor.title) : playgroundStrings.prompt.starting}
          </Text>
        ) : null}
        {job?.error && asked?.turnId === draft.lastTurn ? <ErrorNote error={job.error} /> : null}
      </div>
      <Composer
        text={draft.input}
        problem={isWriting ? null : form.turnProblem}
        isBusy={isWriting || form.isStarting}
        onChange={(text) => changeDraft({ input: text })}
        onSend={sendInput}
        onStop={onStop}
        onEditLast={editLast}
      />
    </div>
  );
}

/** Keeps a growing text in view, unless the reader has scrolled up. @param grows changes whenever it grows */
function useFollowedEnd(grows: readonly unknown[]) {
  const box = useRef<HTMLDivElement>(null);
  const isFollowed = useRef(true);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const onScroll = () => {
      isFollowed.current = current.scrollHeight - current.scrollTop - current.clientHeight < 48;
    };
    current.addEventListener('scroll', onScroll, { passive: true });
    return () => current.removeEventListener('scroll', onScroll);
  }, []);
  useEffect(() => {
    if (box.current !== null && isFollowed.current) box.current.scrollTop = box.current.scrollHeight;
  }, grows);
  return box;
}
