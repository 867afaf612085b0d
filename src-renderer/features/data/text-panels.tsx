import { Button } from '@mantine/core';
import { addDataSteps, type DataStep, leakSteps } from '../../../src-shared/domain/data/data-steps.ts';
import { type DatasetRecord, type TextDescription, textColumnRoles } from '../../../src-shared/domain/data/dataset.ts';
import { useAction } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { dataStrings } from '../../strings/data.ts';
import { AccountingPanel } from './accounting-panel.tsx';
import { DuplicateCounts } from './duplicate-counts.tsx';
import { ProblemList } from './problem-list.tsx';
import { openReading } from './reading-store.ts';
import { comparedWords, readingFacts, repetitions } from './text-summary.ts';

/** Panels of a text dataset: how it was read, and its duplicates. */
export function TextPanels({ dataset, text }: { dataset: DatasetRecord; text: TextDescription }) {
  const { path, reader, options } = dataset.source;
  const update = useAction('datasets.update', {
    onSuccess: ({ name }) => notifySuccess(dataStrings.duplicates.reimported, name),
    onError: () => undefined,
  });
  const addSteps = (...steps: readonly DataStep[]) =>
    update.mutate({
      id: dataset.id,
      options: { ...options, steps: addDataSteps(String(options['steps'] ?? ''), steps) },
    });
  const isGuessed = options['guess_columns'] !== false && !textColumnRoles.some((role) => options[role]);
  return (
    <>
      <Panel
        title="Columns and split"
        note={isGuessed ? 'auto-detected' : null}
        aside={
          dataset.bundled ? null : (
            <Button
              variant="default"
              onClick={() => {
                openReading({ datasetId: dataset.id, path, reader, name: dataset.name, kind: null, options });
                navigate(pathOf('data', 'reading', path));
              }}
            >
              Edit import…
            </Button>
          )
        }
      >
        <Facts items={readingFacts(text)} />
      </Panel>
      {update.error ? <ErrorNote error={update.error} /> : null}
      {text.accounting ? (
        <AccountingPanel
          accounting={text.accounting}
          onMergeLabels={dataset.bundled ? undefined : () => addSteps({ step: 'merge-labels' })}
          isMerging={update.isPending}
        />
      ) : null}
      <Duplicates
        text={text}
        onRemove={dataset.bundled ? undefined : () => addSteps(...leakSteps(text.duplicates))}
        isRemoving={update.isPending}
      />
    </>
  );
}

interface DuplicatesProps {
  text: TextDescription;
  /** Removes the training rows that are in the test split too; absent where a dataset cannot be changed. */
  onRemove?: (() => void) | undefined;
  isRemoving: boolean;
}

function Duplicates({ text, onRemove, isRemoving }: DuplicatesProps) {
  const strings = dataStrings.duplicates;
  const { pairs = [] } = text.duplicates;
  const hasLeaks = leakSteps(text.duplicates).length > 0;
  return (
    <Panel
      title={strings.title}
      note={comparedWords(text)}
      aside={
        hasLeaks && onRemove ? (
          <Button variant="default" onClick={onRemove} loading={isRemoving}>
            {strings.removeFromTrain}
          </Button>
        ) : null
      }
    >
      <DuplicateCounts found={repetitions(text)} />
      {pairs.length > 0 ? (
        <ProblemList
          title={strings.texts}
          problems={pairs.map(({ kind, train, test, text: shown }) => ({
            where: strings.text(kind, train, test),
            message: shown,
          }))}
        />
      ) : null}
    </Panel>
  );
}
