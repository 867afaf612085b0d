import { ActionIcon, Button, Group, Textarea, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconPencil, IconRefresh } from '@tabler/icons-react';
import { type KeyboardEvent, useState } from 'react';
import type { ChatTurn } from '../../../src-shared/domain/generation/chat.ts';
import type { GenerationResult } from '../../../src-shared/domain/generation/generation.ts';
import { newTokensPerSecond } from '../../../src-shared/domain/generation/generation.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { formatNumber, plural } from '../../components/format/format.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import { isPlainEnter } from './composer.tsx';
import classes from './conversation.module.css';
import { finishWords } from './playground-result.tsx';
import { changeTurn, usePlayground } from './playground-store.ts';
import { TrainingExampleMenu } from './training-example.tsx';
import { exampleLine, versionsOf } from './turns.ts';

const words = playgroundStrings.conversation;

/** The text that is being edited: the message of a turn (`column` null), or one of its answers. */
export interface Editing {
  readonly turn: string;
  readonly column: number | null;
}

interface ConversationTurnProps {
  turn: ChatTurn;
  /** The conversation up to this turn. */
  branch: readonly ChatTurn[];
  /** The job that writes its answers, and its result. */
  job: JobRecord | undefined;
  written: GenerationResult | null;
  isLast: boolean;
  editing: Editing | null;
  /** Reason why nothing can be sent; null if something can. */
  blocked: string | null;
  onEdit: (editing: Editing | null) => void;
  /** Sends a message in the place of this turn's. */
  onSend: (user: string) => void;
  onShow: (version: string) => void;
}

/** A message of the user, its versions, and the answers of all columns beside each other. */
export function ConversationTurn(props: ConversationTurnProps) {
  const { turn, blocked, editing, onEdit, onSend } = props;
  const answers = useAnswers(props);
  return (
    <li className={classes['turn']}>
      {editing !== null && editing.column === null ? (
        <TurnEditor
          label={words.editMessage}
          text={turn.user}
          confirm={words.send}
          blocked={blocked}
          onConfirm={onSend}
          onCancel={() => onEdit(null)}
        />
      ) : (
        <div className={classes['user']}>
          <p className={classes['bubble']}>{turn.user}</p>
          <TurnTools {...props} />
        </div>
      )}
      <div className={classes['answers']}>
        {answers.map((answer, column) => (
          <AnswerBubble key={column} {...props} {...answer} column={column} isAlone={answers.length === 1} />
        ))}
      </div>
    </li>
  );
}

/** Versions of the message, and what can be done with it. */
function TurnTools({ turn, blocked, onEdit, onSend, onShow }: ConversationTurnProps) {
  const versions = versionsOf(
    usePlayground(({ draft }) => draft.turns),
    turn,
  );
  const at = versions.findIndex(({ id }) => id === turn.id);
  const step = (by: number) => {
    const version = versions[at + by];
    if (version !== undefined) onShow(version.id);
  };
  return (
    <div className={classes['tools']}>
      {versions.length > 1 ? (
        <>
          <Tool
            label={words.previousVersion}
            isOff={at === 0}
            onClick={() => step(-1)}
            icon={<IconChevronLeft size={14} />}
          />
          <span className={classes['place']}>{words.version(at + 1, versions.length)}</span>
          <Tool
            label={words.nextVersion}
            isOff={at === versions.length - 1}
            onClick={() => step(1)}
            icon={<IconChevronRight size={14} />}
          />
        </>
      ) : null}
      <Tool
        label={words.edit}
        isOff={blocked !== null}
        onClick={() => onEdit({ turn: turn.id, column: null })}
        icon={<IconPencil size={14} />}
      />
      <Tool
        label={words.regenerate}
        isOff={blocked !== null}
        onClick={() => onSend(turn.user)}
        icon={<IconRefresh size={14} />}
      />
    </div>
  );
}

interface ToolProps {
  label: string;
  isOff: boolean;
  icon: React.ReactNode;
  onClick: () => void;
}

function Tool({ label, isOff, icon, onClick }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={20} aria-label={label} disabled={isOff} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

interface Answer {
  readonly name: string;
  readonly text: string;
  /** "24 tokens · 80 tokens/s · EOS", as far as it is known. */
  readonly facts: readonly string[];
  readonly isWriting: boolean;
}

/** The answers of a turn: as they come from its job, afterwards as they were kept. */
function useAnswers({ turn, job, written }: ConversationTurnProps): Answer[] {
  const { asked, columns } = usePlayground();
  const isLive = asked?.turnId === turn.id;
  const names = isLive && !asked.isKept ? asked.names : turn.answers.map(({ name }) => name);
  return names.map((name, at) => {
    const column = isLive ? columns[at] : undefined;
    const result = written?.columns[at];
    const kept = turn.answers[at];
    const rates = result ?? column?.rates ?? null;
    const perSecond = rates === null ? null : newTokensPerSecond(rates);
    const isOver = job?.status === 'cancelled' || job?.status === 'failed';
    const finish = kept?.finish ?? result?.finish ?? column?.finish ?? (isOver ? 'cancelled' : null);
    return {
      name,
      text: kept?.text ?? result?.text ?? column?.text ?? '',
      isWriting: isLive && finish === null,
      facts: [
        rates === null ? null : plural(rates.newTokens, 'token'),
        perSecond === null ? null : words.speed(formatNumber(perSecond)),
        finish === null ? null : finishWords[finish],
        turn.seed === 0 ? null : words.seed(turn.seed),
      ].filter((fact) => fact !== null),
    };
  });
}

interface AnswerBubbleProps extends ConversationTurnProps, Answer {
  column: number;
  isAlone: boolean;
}

function AnswerBubble(props: AnswerBubbleProps) {
  const { turn, branch, column, name, text, facts, isWriting, isAlone, isLast, editing, onEdit } = props;
  const system = usePlayground(({ draft }) => draft.system);
  const isContinued = turn.continued === column;
  if (editing?.column === column)
    return (
      <TurnEditor
        label={words.editAnswer(name)}
        text={text}
        confirm={words.save}
        blocked={null}
        onConfirm={(changed) => {
          onEdit(null);
          changeTurn(turn.id, {
            answers: turn.answers.map((answer, at) => (at === column ? { ...answer, text: changed } : answer)),
          });
        }}
        onCancel={() => onEdit(null)}
      />
    );
  return (
    <section
      className={classes['answer']}
      aria-label={words.answerOf(name)}
      aria-busy={isWriting}
      data-continued={(!isAlone && isContinued) || undefined}
    >
      <div className={classes['head']}>
        <strong>{name}</strong>
        {isWriting ? null : (
          <div className={classes['tools']}>
            <Tool
              label={words.editAnswer(name)}
              isOff={false}
              onClick={() => onEdit({ turn: turn.id, column })}
              icon={<IconPencil size={14} />}
            />
            <CopyButton text={text} label={words.copy(name)} />
            <TrainingExampleMenu name={name} line={exampleLine(system, branch, text)} />
          </div>
        )}
      </div>
      <p className={classes['text']}>{text}</p>
      <div className={classes['foot']}>
        {facts.length === 0 ? words.thinking : facts.join(' · ')}
        {isAlone || isWriting ? null : isContinued ? (
          <span>{words.continued}</span>
        ) : isLast ? (
          <Button size="compact-xs" variant="light" onClick={() => changeTurn(turn.id, { continued: column })}>
            {words.continueWith}
          </Button>
        ) : null}
      </div>
    </section>
  );
}

interface TurnEditorProps {
  label: string;
  text: string;
  confirm: string;
  blocked: string | null;
  onConfirm: (text: string) => void;
  onCancel: () => void;
}

/** Edits a text of the conversation: Enter confirms, Escape leaves it as it was. */
function TurnEditor({ label, text, confirm, blocked, onConfirm, onCancel }: TurnEditorProps) {
  const [changed, setChanged] = useState(text);
  const canConfirm = blocked === null && changed.trim() !== '';
  const submit = () => {
    if (canConfirm) onConfirm(changed.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onCancel();
    } else if (isPlainEnter(event)) {
      event.preventDefault();
      submit();
    }
  };
  return (
    <div className={classes['editor']}>
      <Textarea
        aria-label={label}
        autoFocus
        autosize
        minRows={2}
        maxRows={14}
        value={changed}
        onChange={(event) => setChanged(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Group gap={8} justify="flex-end" mt={4}>
        <Button size="compact-sm" variant="default" onClick={onCancel}>
          {words.cancel}
        </Button>
        <Button size="compact-sm" disabled={!canConfirm} onClick={submit}>
          {confirm}
        </Button>
      </Group>
    </div>
  );
}
