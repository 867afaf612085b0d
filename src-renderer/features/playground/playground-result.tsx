import { Text } from '@mantine/core';
import type {
  FinishReason,
  GenerationRates,
  GenerationRequest,
} from '../../../src-shared/domain/generation/generation.ts';
import { newTokensPerSecond } from '../../../src-shared/domain/generation/generation.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { continuesPrompt } from '../../../src-shared/domain/models/model.ts';
import { useRequest } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { formatNumber, plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import classes from './playground.module.css';
import { isOfChosenModel, usePlayground } from './playground-store.ts';
import { useKeptAnswers } from './use-kept-answers.ts';

export const finishWords: Record<FinishReason, string> = {
  end: 'EOS',
  stop: 'stop string',
  length: 'max tokens',
  context: 'context full',
  cancelled: 'stopped',
};

interface TextColumnProps {
  name: string;
  prompt: GenerationRequest['prompt'];
  /** True if the text continues the prompt on its line. */
  isContinued: boolean;
  text: string;
  rates: GenerationRates | null;
  /** null while it is being written. */
  finish: FinishReason | null;
}

/** One text as it grows, how fast it came, and why it ended. */
function TextColumn({ name, prompt, isContinued, text, rates, finish }: TextColumnProps) {
  const whole = prompt.kind === 'text' && isContinued ? prompt.text + text : text;
  const perSecond = rates === null ? null : newTokensPerSecond(rates);
  return (
    <Panel title={name} aside={<CopyButton text={whole} label={`Copy the text of ${name}`} />}>
      <section className={classes['text']} aria-label={`Text of ${name}`} aria-busy={finish === null}>
        {prompt.kind === 'text' ? (
          <span className={classes['prompt']}>{isContinued ? prompt.text : `${prompt.text}\n`}</span>
        ) : null}
        {text}
      </section>
      <div className={classes['foot']}>
        <span>{rates === null ? 'Reading the prompt' : plural(rates.newTokens, 'token')}</span>
        {perSecond === null ? null : <span>{formatNumber(perSecond)} tokens/s</span>}
        {finish === null ? null : <span>{finishWords[finish]}</span>}
      </div>
    </Panel>
  );
}

const words = playgroundStrings.prompt;

interface PairColumnProps {
  name: string;
  answers: readonly string[];
  /** null until they are computed. */
  rewards: readonly number[] | null;
}

/** Two answers with the rewards that an adapter gives them, and the answer that it prefers. */
function PairColumn({ name, answers, rewards }: PairColumnProps) {
  const highest = Math.max(...(rewards ?? []));
  return (
    <Panel title={name}>
      <section aria-label={`Rewards of ${name}`} aria-busy={rewards === null}>
        {answers.map((answer, at) => {
          const reward = rewards?.[at];
          const isPreferred = reward === highest && new Set(rewards).size > 1;
          return (
            <div key={at} className={classes['answer']}>
              <Text size="sm" fw={isPreferred ? 600 : 400}>
                {`${words.answer(at + 1)}${isPreferred ? ` (${words.preferred})` : ''}`}
                {reward === undefined ? null : `: ${words.reward(formatNumber(reward, 4))}`}
              </Text>
              {answer}
            </div>
          );
        })}
      </section>
    </Panel>
  );
}

/** The texts that were last asked for, side by side. */
export function PlaygroundResult({ job, waitsFor }: { job: JobRecord | undefined; waitsFor: JobRecord | undefined }) {
  const { draft, asked, columns } = usePlayground();
  const written = useKeptAnswers(job);
  const model = useRequest('models.list', {}).data?.find(({ id }) => id === asked?.modelId);
  if (asked === null || asked.turnId !== null || !isOfChosenModel(draft, asked.modelId))
    return <EmptyState>{words.start}</EmptyState>;
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
          if (prompt.kind === 'pair')
            return (
              <PairColumn
                key={index}
                name={name}
                answers={prompt.answers}
                rewards={finished?.rewards ?? rewardsIn(text)}
              />
            );
          return (
            <TextColumn
              key={index}
              name={name}
              prompt={prompt}
              isContinued={model === undefined || continuesPrompt(model.description)}
              text={text}
              rates={finished ?? column?.rates ?? null}
              finish={finish}
            />
          );
        })}
      </div>
    </>
  );
}

/** Rewards in the text of a saved comparison; null before it ended. */
function rewardsIn(text: string): number[] | null {
  const found = [...text.matchAll(/^Reward of answer \d: (\S+)$/gm)].map(([, value]) => Number(value));
  return found.length === 2 ? found : null;
}
