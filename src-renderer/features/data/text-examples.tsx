import { Button, Skeleton } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { DatasetRecord, ReadRow, TextDescription } from '../../../src-shared/domain/data/dataset.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { formatCount } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import classes from './data.module.css';
import { ExampleReader } from './example-reader.tsx';
import { LengthPanel } from './length-panel.tsx';
import { rowColumns, whereOf } from './row-columns.tsx';

const pageSize = 50;

/** The texts of one split, a page at a time; the chosen one whole below, in words and as a model reads it. */
export function TextExamples({ dataset, text }: { dataset: DatasetRecord; text: TextDescription }) {
  const { splits } = dataset.description;
  const filled = splits.find(({ exampleCount }) => exampleCount > 0)?.name ?? 'train';
  const [split, setSplit] = useState(filled);
  const [offset, setOffset] = useState(0);
  const [place, setPlace] = useState(0);
  const [modelId, setModelId] = useState<string | null>(null);
  const answer = useRequest('datasets.texts', { id: dataset.id, split, offset, limit: pageSize, characters: 400 });
  const examples = useLastAnswer(answer.data);
  const rows = useMemo(() => (examples ?? []).map((example): ReadRow => ({ kind: 'example', example })), [examples]);
  const columns = useMemo(() => rowColumns(text.columns, { withSplit: false }), [text]);
  const total = splits.find(({ name }) => name === split)?.exampleCount ?? 0;
  const isStale = answer.data === undefined;
  const active = rows[place - offset];

  const turnTo = (next: number) => {
    setOffset(next);
    setPlace(next);
  };
  return (
    <>
      <Panel
        title="Examples"
        note={
          total > 0
            ? `${formatCount(offset + 1)}–${formatCount(Math.min(offset + pageSize, total))} of ${formatCount(total)}`
            : null
        }
        flush={rows.length > 0}
        aside={
          <>
            <Segments
              aria-label="Split"
              data={splits.map(({ name }) => ({ value: name, label: name }))}
              value={split}
              onChange={(value) => {
                setSplit(value === 'test' ? 'test' : 'train');
                turnTo(0);
              }}
            />
            <Button.Group>
              <Button
                variant="default"
                disabled={offset === 0}
                onClick={() => turnTo(Math.max(0, offset - pageSize))}
                aria-label="Previous examples"
              >
                ‹
              </Button>
              <Button
                variant="default"
                disabled={offset + pageSize >= total}
                onClick={() => turnTo(offset + pageSize)}
                aria-label="Next examples"
              >
                ›
              </Button>
            </Button.Group>
          </>
        }
      >
        {answer.error ? (
          <div className={classes['inset']}>
            <ErrorNote error={answer.error} action={{ label: 'Try again', onClick: () => void answer.refetch() }} />
          </div>
        ) : total === 0 ? (
          <EmptyState>No row is for {split === 'test' ? 'testing' : 'training'}.</EmptyState>
        ) : examples ? (
          <div className={classes['rows']} data-stale={isStale || undefined}>
            <DataTable
              label="Examples"
              items={rows}
              itemId={whereOf}
              columns={columns}
              activeId={active ? whereOf(active) : null}
              onActivate={(row) => setPlace(offset + rows.indexOf(row))}
            />
          </div>
        ) : (
          <Skeleton height={300} />
        )}
      </Panel>
      {total > 0 && !answer.error ? (
        <>
          <ExampleReader
            dataset={dataset}
            split={split}
            index={place}
            total={total}
            modelId={modelId}
            onModelId={setModelId}
          />
          <LengthPanel dataset={dataset} modelId={modelId} />
        </>
      ) : null}
    </>
  );
}
