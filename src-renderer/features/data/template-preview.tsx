import { Button, Skeleton, Text } from '@mantine/core';
import { useState } from 'react';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { TextInspection } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { dataStrings } from '../../strings/data.ts';
import { ChatBubbles } from './chat-bubbles.tsx';
import { conversationOf } from './conversation-turns.ts';
import classes from './data.module.css';
import { ProblemList } from './problem-list.tsx';
import { TokenView } from './token-view.tsx';
import { useTextModels } from './use-text-models.ts';

const strings = dataStrings.template;
const { max_length: defaultLength, max_seq_length: windowLength } = taskSettingsSchema.parse({});

interface TemplatePreviewProps {
  path: string;
  /** Such as the file can be read with. */
  options: ParameterValues;
  /** Rows parsed with these options. */
  rows: TextInspection['rows'];
}

/** The first rows of a file, before it is added, as a base model will read them in training; conversations as such, too. */
export function TemplatePreview({ path, options, rows }: TemplatePreviewProps) {
  const [modelId, setModelId] = useState<string | null>(null);
  const [place, setPlace] = useState(0);
  const { models, model } = useTextModels(modelId);
  const answer = useRequest(
    'datasets.inspectTokens',
    { path, options, model: model?.id ?? '', place },
    { enabled: model !== null },
  );
  const last = useLastAnswer(answer.data);
  const row = last?.rows[place];
  const examples = rows.flatMap((one) => (one.kind === 'example' ? [one.example] : []));
  const conversation = examples[place] && conversationOf(examples[place]);
  if (model === null)
    return (
      <Panel title={strings.title}>
        <EmptyState>{strings.noModel}</EmptyState>
      </Panel>
    );
  const total = last?.rows.length ?? 0;
  const faulty = (last?.rows ?? []).flatMap(({ row: where, problem }) =>
    problem === null ? [] : [{ where, message: problem }],
  );
  return (
    <Panel
      title={strings.title}
      note={row ? strings.row(place + 1, total, row.row) : null}
      aside={
        <>
          <Select
            aria-label={strings.model}
            w={200}
            data={models.map(({ id, name }) => ({ value: id, label: name }))}
            value={model.id}
            allowDeselect={false}
            onChange={setModelId}
          />
          <Button.Group>
            <Button
              variant="default"
              disabled={place === 0}
              onClick={() => setPlace(place - 1)}
              aria-label={strings.previous}
            >
              ‹
            </Button>
            <Button
              variant="default"
              disabled={place + 1 >= total}
              onClick={() => setPlace(place + 1)}
              aria-label={strings.next}
            >
              ›
            </Button>
          </Button.Group>
        </>
      }
    >
      {answer.error ? (
        <ErrorNote
          error={answer.error}
          action={{ label: dataStrings.tryAgain, onClick: () => void answer.refetch() }}
        />
      ) : last === undefined ? (
        <Skeleton height={200} />
      ) : total === 0 ? (
        <EmptyState>{strings.noRows}</EmptyState>
      ) : (
        <div className={classes['templated']}>
          <Text>{summaryOf(last)}</Text>
          {faulty.length > 0 ? <ProblemList problems={faulty} /> : null}
          {conversation ? <ChatBubbles {...conversation} /> : null}
          {last.example ? (
            <TokenView read={last.example} modelName={model.name} isStale={answer.data === undefined} />
          ) : null}
        </div>
      )}
    </Panel>
  );
}

/** Summarizes token lengths, e.g. "20 rows: median 31 · max 120 tokens." */
function summaryOf({ rows, example, maxPositions }: RequestOutput<'datasets.inspectTokens'>): string {
  const lengths = rows.flatMap(({ tokens }) => tokens ?? []).sort((left, right) => left - right);
  // A question's text is read in windows.
  const isInWindows = example?.counts === 'answer';
  const usual = isInWindows ? windowLength : defaultLength;
  const limit = maxPositions > 0 ? Math.min(maxPositions, usual) : usual;
  const longer = lengths.filter((length) => length > limit).length;
  return [
    strings.lengths(lengths.length, lengths[Math.floor(lengths.length / 2)] ?? 0, lengths.at(-1) ?? 0),
    !isInWindows ? strings.truncated(longer, limit) : longer === 0 ? '' : dataStrings.inWindows(longer, limit),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
