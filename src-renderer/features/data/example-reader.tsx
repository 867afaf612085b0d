import { Skeleton } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { DatasetRecord, TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { pairTexts } from '../../../src-shared/domain/data/pair-texts.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { formatCount } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { ChatBubbles } from './chat-bubbles.tsx';
import { conversationOf } from './conversation-turns.ts';
import classes from './data.module.css';
import { answerWords, labelWords } from './row-columns.tsx';
import { TaggedWords } from './tagged-words.tsx';
import { TokenView } from './token-view.tsx';
import { useTextModels } from './use-text-models.ts';

interface ExampleReaderProps {
  dataset: DatasetRecord;
  split: 'train' | 'test';
  /** Place of the example in its split, from 0. */
  index: number;
  total: number;
  /** Null: the first model that reads texts. */
  modelId: string | null;
  onModelId: (id: string | null) => void;
}

/** One example whole: as the file has it, or as a base model reads it, in text and tokens. */
export function ExampleReader({ dataset, split, index, total, modelId, onModelId }: ExampleReaderProps) {
  const [view, setView] = useState<'text' | 'tokens'>('text');
  const { models, model } = useTextModels(modelId);
  return (
    <Panel
      title="Example"
      note={`${formatCount(index + 1)} of ${formatCount(total)} in ${split}`}
      aside={
        <>
          {view === 'tokens' ? (
            <Select
              aria-label="Base model"
              w={200}
              data={models.map(({ id, name }) => ({ value: id, label: name }))}
              value={model?.id ?? null}
              allowDeselect={false}
              onChange={onModelId}
            />
          ) : null}
          <Segments
            aria-label="How the example is shown"
            data={[
              { value: 'text', label: 'Raw' },
              { value: 'tokens', label: 'Tokenized' },
            ]}
            value={view}
            onChange={(value) => setView(value === 'tokens' ? 'tokens' : 'text')}
          />
        </>
      }
    >
      {view === 'text' ? (
        <WholeExample id={dataset.id} split={split} index={index} />
      ) : model ? (
        <Tokens id={dataset.id} split={split} index={index} model={model.id} modelName={model.name} />
      ) : (
        <EmptyState>Text models appear here once you add one.</EmptyState>
      )}
    </Panel>
  );
}

interface ExamplePlace {
  id: string;
  split: 'train' | 'test';
  index: number;
}

const wholeCharacters = 1_000_000;

function WholeExample({ id, split, index }: ExamplePlace) {
  const answer = useRequest('datasets.texts', {
    id,
    split,
    offset: index,
    limit: 1,
    characters: wholeCharacters,
  });
  const example = useLastAnswer(answer.data)?.[0];
  if (answer.error)
    return <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />;
  if (!example) return <Skeleton height={120} />;
  return (
    <dl className={classes['whole']} data-stale={answer.data ? undefined : true}>
      {partsOf(example).map(([name, value], place) => (
        <div key={`${place} ${name}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function partsOf(example: TextExample): [name: string, value: ReactNode][] {
  const { row, label, choices, text, textPair, words, tags } = example;
  const parts: [string, ReactNode][] = [
    ['place', row],
    ['label', label === null ? null : labelWords(label) || 'none'],
    ['text', tags === undefined ? text : <TaggedWords key="words" words={words} tags={tags} />],
    ['second text', textPair],
    ...pairTexts(example),
    ...(choices ?? []).map((choice, place): [string, string] => [`choice ${place + 1}`, choice]),
    ...(example.answers === undefined ? saidParts(example) : questionParts(example)),
  ];
  return parts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

/** A conversation in bubbles; a text to go on from, or to learn whole, as it is. */
function saidParts(example: TextExample): [string, ReactNode][] {
  const conversation = conversationOf(example);
  return conversation === null
    ? [
        ['prompt', example.prompt],
        ['completion', example.completion],
      ]
    : [['conversation', <ChatBubbles key="conversation" {...conversation} />]];
}

/** A question with its answers, the first of them marked in the text. */
function questionParts({ question = '', context = '', answers = [] }: TextExample): [string, ReactNode][] {
  const [first] = answers;
  const end = (first?.start ?? 0) + (first?.text.length ?? 0);
  const marked = first && (
    <span key="context">
      {context.slice(0, first.start)}
      <mark className={classes['entity']} data-color={0}>
        {context.slice(first.start, end)}
      </mark>
      {context.slice(end)}
    </span>
  );
  return [
    ['question', question],
    ['answers', answerWords(answers)],
    ['context', marked ?? context],
  ];
}

function Tokens({ modelName, ...place }: ExamplePlace & { model: string; modelName: string }) {
  const answer = useRequest('datasets.tokens', place);
  const read = useLastAnswer(answer.data);
  if (answer.error)
    return <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />;
  if (!read) return <Skeleton height={200} />;
  return <TokenView read={read} modelName={modelName} isStale={answer.data === undefined} />;
}
