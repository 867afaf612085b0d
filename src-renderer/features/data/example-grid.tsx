import { Button, Skeleton } from '@mantine/core';
import { useState } from 'react';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { formatCount } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { dataStrings } from '../../strings/data.ts';
import classes from './data.module.css';
import { ExampleCanvas } from './example-canvas.tsx';

const pageSize = 60;

/** Images of one split, of all classes or of one, a page at a time. */
export function ExampleGrid({ dataset }: { dataset: DatasetRecord }) {
  const { labels, splits } = dataset.description;
  const [split, setSplit] = useState<'train' | 'test'>(splits[0]?.name ?? 'train');
  const [label, setLabel] = useState<number | null>(null);
  const [offset, setOffset] = useState(0);
  const answer = useRequest('datasets.preview', { id: dataset.id, split, label, offset, limit: pageSize });
  const examples = useLastAnswer(answer.data);
  const summary = splits.find((entry) => entry.name === split);
  const total = label === null ? (summary?.exampleCount ?? 0) : (summary?.perLabel[label] ?? 0);
  const last = Math.min(offset + pageSize, total);
  return (
    <Panel
      title="Examples"
      note={total > 0 ? `${formatCount(offset + 1)}–${formatCount(last)} of ${formatCount(total)}` : null}
      aside={
        <>
          <Select
            aria-label="Class"
            w={160}
            size="xs"
            searchable
            data={[
              { value: 'all', label: 'All classes' },
              ...labels.map((name, index) => ({ value: String(index), label: name })),
            ]}
            value={label === null ? 'all' : String(label)}
            allowDeselect={false}
            onChange={(value) => {
              setOffset(0);
              setLabel(value === null || value === 'all' ? null : Number(value));
            }}
          />
          <Segments
            aria-label="Split"
            data={splits.map((entry) => ({ value: entry.name, label: entry.name }))}
            value={split}
            onChange={(value) => {
              setOffset(0);
              setSplit(value === 'test' ? 'test' : 'train');
            }}
          />
          <Button.Group>
            <Button
              variant="default"
              disabled={offset === 0}
              onClick={() => setOffset(Math.max(0, offset - pageSize))}
              aria-label="Previous examples"
            >
              ‹
            </Button>
            <Button
              variant="default"
              disabled={offset + pageSize >= total}
              onClick={() => setOffset(offset + pageSize)}
              aria-label="Next examples"
            >
              ›
            </Button>
          </Button.Group>
        </>
      }
    >
      {answer.error ? (
        <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />
      ) : (
        <div className={classes['grid']} data-stale={answer.data ? undefined : true}>
          {examples
            ? examples.map((example) => {
                const name = labels[example.label] ?? String(example.label);
                return (
                  <figure
                    key={example.index}
                    className={classes['example']}
                    title={dataStrings.example(name, example.index)}
                  >
                    <ExampleCanvas example={example} label={name} />
                    <figcaption>{name}</figcaption>
                  </figure>
                );
              })
            : Array.from({ length: 24 }, (_, index) => index).map((index) => (
                <Skeleton key={index} className={classes['placeholder'] ?? ''} />
              ))}
        </div>
      )}
    </Panel>
  );
}
