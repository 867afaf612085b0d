import { Text } from '@mantine/core';
import type { DescribedTokens } from '../../../src-shared/domain/data/dataset.ts';
import { answerNotes, noAnswers } from '../../../src-shared/domain/evaluation/answer-counts.ts';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';
import { visibleToken } from './tokens.ts';

const strings = dataStrings.tokens;

interface TokenViewProps {
  read: DescribedTokens;
  modelName: string;
  isStale: boolean;
}

/** An example as a model reads it: the text that its template makes, and the tokens, those of the loss highlighted. */
export function TokenView({ read, modelName, isStale }: TokenViewProps) {
  const { tokens, tokenCount, countedCount, counts, written, answers = noAnswers } = read;
  const marks = counts === 'completion' || counts === 'tags' || counts === 'answer';
  return (
    <div className={classes['reading']} data-stale={isStale || undefined}>
      <h3>{written === 'template' ? strings.inTemplate(modelName) : strings.plain}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className={classes['written']} aria-label={strings.written} tabIndex={0}>
        {read.text}
      </section>
      <h3>{strings.count(tokenCount, marks ? countedCount : null)}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className={classes['scrolledTokens']} aria-label={strings.list} tabIndex={0}>
        <ol className={classes['tokens']} aria-label={strings.list}>
          {tokens.map((token, place) => (
            <li key={place} data-counted={(marks && token.counted) || undefined}>
              <span>{visibleToken(token.text)}</span>
              <small>{token.id}</small>
            </li>
          ))}
        </ol>
      </section>
      <Text c="dimmed">
        {strings.loss[counts]}
        {tokens.length < tokenCount ? ` ${strings.first(tokens.length)}` : ''}
      </Text>
      {answerNotes(answers).map((note) => (
        <Text key={note}>{note}</Text>
      ))}
    </div>
  );
}
