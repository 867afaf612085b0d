import { Skeleton, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import { answerNotes, noAnswers } from '../../../src-shared/domain/evaluation/answer-counts.ts';
import { defaultTask } from '../../../src-shared/domain/runs/task.ts';
import { taskDeclaration } from '../../../src-shared/tasks/index.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { lengthFigure } from './length-figure.ts';
import { useTextModels } from './use-text-models.ts';

/**
 * Shows the lengths of the first training examples for a base model. Renders nothing if no model of the library reads
 * texts.
 */
export function LengthPanel({ dataset, modelId }: { dataset: DatasetRecord; modelId: string | null }) {
  const theme = useFigureTheme();
  const { model } = useTextModels(modelId);
  const hasTraining = dataset.description.splits.some(({ name, exampleCount }) => name === 'train' && exampleCount > 0);
  const isAsked = model !== null && hasTraining;
  const answer = useRequest('datasets.lengths', { id: dataset.id, model: model?.id ?? '' }, { enabled: isAsked });
  const measured = useLastAnswer(answer.data);
  const modelName = model?.name ?? '';
  const { text } = dataset.description;
  const isInWindows =
    model !== null &&
    text !== null &&
    taskDeclaration(defaultTask(model.description, text.columns)).readsInWindows === true;
  const figure = useMemo(
    () => (measured ? lengthFigure({ ...measured, modelName, isInWindows }, theme) : null),
    [measured, modelName, isInWindows, theme],
  );
  if (!isAsked) return null;
  return (
    <Panel>
      {answer.error ? (
        <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />
      ) : measured && measured.lengths.length === 0 ? (
        <ErrorNote
          error={{
            message: `${modelName} cannot read any of the first ${plural(measured.unwritable, 'example')}: it has no chat template for them.`,
            hint: 'Choose another base model above, under “Tokenized”.',
          }}
        />
      ) : figure ? (
        <>
          <Figure figure={figure} height={220} name={`Lengths of ${dataset.name}`} />
          {answerNotes(measured?.answers ?? noAnswers).map((note) => (
            <Text key={note} size="sm">
              {note}
            </Text>
          ))}
        </>
      ) : (
        <Skeleton height={240} />
      )}
    </Panel>
  );
}
