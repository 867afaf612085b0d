import { Button } from '@mantine/core';
import { type DatasetRecord, type TextDescription, textColumnRoles } from '../../../src-shared/domain/data/dataset.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { dataStrings } from '../../strings/data.ts';
import { DuplicateCounts } from './duplicate-counts.tsx';
import { openReading } from './reading-store.ts';
import { comparedWords, readingFacts, repetitions } from './text-summary.ts';

/** Panels of a text dataset: how it was read, and its duplicates. */
export function TextPanels({ dataset, text }: { dataset: DatasetRecord; text: TextDescription }) {
  const { path, reader, options } = dataset.source;
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
      <Duplicates text={text} />
    </>
  );
}

function Duplicates({ text }: { text: TextDescription }) {
  return (
    <Panel title={dataStrings.duplicates.title} note={comparedWords(text)}>
      <DuplicateCounts found={repetitions(text)} />
    </Panel>
  );
}
