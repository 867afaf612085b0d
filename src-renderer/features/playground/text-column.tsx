import { Button } from '@mantine/core';
import type { FinishReason, GenerationRates, Prompt } from '../../../src-shared/domain/generation/generation.ts';
import { newTokensPerSecond } from '../../../src-shared/domain/generation/generation.ts';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { formatNumber, plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import classes from './playground.module.css';

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
export function TextColumn({ name, prompt, text, rates, finish, onGoOn }: TextColumnProps) {
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
