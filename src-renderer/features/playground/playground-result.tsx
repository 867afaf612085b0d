import { Button, Text } from '@mantine/core';
import { useEffect, useEffectEvent } from 'react';
import type {
  FinishReason,
  GenerationRates,
  GenerationResult,
  Prompt,
} from '../../../src-shared/domain/generation/generation.ts';
import { newTokensPerSecond } from '../../../src-shared/domain/generation/generation.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { formatNumber, plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { useJobResult } from '../jobs/use-job.ts';
import { withAnswer } from './draft.ts';
import classes from './playground.module.css';
import { changeDraft, usePlayground } from './playground-store.ts';
import { useChatKeeping } from './use-chats.ts';

const finishWords: Record<FinishReason, string> = {
  end: 'EOS',
  stop: 'stop string',
  length: 'max tokens',
  context: 'context full',
  cancelled: 'stopped',
};

interface TextColumnProps {
  name: string;
  prompt: Prompt;
  text: string;
  rates: GenerationRates | null;
  /** null while it is being written. */
  finish: FinishReason | null;
  onGoOn?: () => void;
}

/** One text as it grows, how fast it came, and why it ended. */
function TextColumn({ name, prompt, text, rates, finish, onGoOn }: TextColumnProps) {
  const whole = prompt.kind === 'text' ? prompt.text + text : text;
  const perSecond = rates === null ? null : newTokensPerSecond(rates);
  return (
    <Panel title={name} aside={<CopyButton text={whole} label={`Copy the text of ${name}`} />}>
      <section className={classes['text']} aria-label={`Text of ${name}`} aria-busy={finish === null}>
        {prompt.kind === 'text' ? <span className={classes['prompt']}>{prompt.text}</span> : null}
        {text}
      </section>
      <div className={classes['foot']}>
        <span>{rates === null ? 'Reading the prompt' : plural(rates.newTokens, 'token')}</span>
        {perSecond === null ? null : <span>{formatNumber(perSecond)} tokens/s</span>}
        {finish === null ? null : <span>{finishWords[finish]}</span>}
      </div>
      {onGoOn ? (
        <Button mt={8} variant="default" fullWidth onClick={onGoOn}>
          Continue
        </Button>
      ) : null}
    </Panel>
  );
}

const words = playgroundStrings.prompt;

/** The texts that were last asked for, side by side. */
export function PlaygroundResult({ job, waitsFor }: { job: JobRecord | undefined; waitsFor: JobRecord | undefined }) {
  const { draft, asked, columns } = usePlayground();
  const written = useJobResult(job, 'generate');
  useKeptAnswers(written);
  if (asked === null) return <EmptyState>{words.start}</EmptyState>;
  const { prompt } = asked;
  return (
    <>
      {job?.status === 'queued' ? (
        <Text size="sm" c="dimmed" role="status">
          {waitsFor ? words.waiting(waitsFor.title) : words.starting}
        </Text>
      ) : null}
      {job?.error ? <ErrorNote error={job.error} /> : null}
      <div className={classes['columns']}>
        {asked.names.map((name, index) => {
          const finished = written?.columns[index];
          const column = columns[index];
          const text = finished?.text ?? column?.text ?? '';
          const finish = finished?.finish ?? column?.finish ?? (job?.status === 'cancelled' ? 'cancelled' : null);
          return (
            <TextColumn
              key={index}
              name={name}
              prompt={prompt}
              text={text}
              rates={finished ?? column?.rates ?? null}
              finish={finish}
              {...(finish !== null && prompt.kind === 'chat'
                ? { onGoOn: () => changeDraft({ messages: withAnswer(draft.messages, text) }) }
                : {})}
            />
          );
        })}
      </div>
    </>
  );
}

/** The chat is kept again once its answers are complete. */
function useKeptAnswers(written: GenerationResult | null): void {
  const keep = useChatKeeping();
  const keepAnswers = useEffectEvent((result: GenerationResult) => {
    const { draft, asked } = usePlayground.getState();
    if (asked === null || asked.isKept) return;
    usePlayground.setState({ asked: { ...asked, isKept: true } });
    keep(
      draft,
      result.columns.map(({ text, finish }, index) => ({ name: asked.names[index] ?? '', text, finish })),
    );
  });
  useEffect(() => {
    if (written !== null) keepAnswers(written);
  }, [written]);
}
