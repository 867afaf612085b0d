import { Button } from '@mantine/core';
import { type DatasetRecord, type TextDescription, textColumnRoles } from '../../../src-shared/domain/dataset.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { formatCount } from '../../components/format/format.ts';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import classes from './data.module.css';
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
  const found = repetitions(text);
  return (
    <Panel title="Duplicates" note={comparedWords(text)}>
      {found.length === 0 ? (
        'No duplicates or leakage found'
      ) : (
        <table className={classes['repetitions']} aria-label="Duplicates">
          <tbody>
            {found.map(({ what, count, meaning }) => (
              <tr key={what}>
                <td>{formatCount(count)}</td>
                <th scope="row">{what}</th>
                <td>{meaning}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
