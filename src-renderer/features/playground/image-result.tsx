import { Text } from '@mantine/core';
import { useMemo } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ClassificationResult } from '../../../src-shared/domain/evaluation/classification.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { seriesColors } from '../../../src-shared/figures/index.ts';
import { useLastAnswer } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import { adapterColor } from '../adapters/adapter-color.ts';
import { ExampleCanvas } from '../data/example-canvas.tsx';
import { useJobResult } from '../jobs/use-job.ts';
import classes from './playground.module.css';
import { isOfChosenModel, usePlayground } from './playground-store.ts';

const words = playgroundStrings.image;
/** Classes that are drawn; the rest is counted. */
const shownClasses = 5;

type Column = ClassificationResult['columns'][number];

interface ImageResultProps {
  job: JobRecord | undefined;
  waitsFor: JobRecord | undefined;
  adapters: readonly AdapterRecord[];
}

/** The image and, side by side, the likeliest classes of each column as bars on one scale. */
export function ImageResult({ job, waitsFor, adapters }: ImageResultProps) {
  const { draft, picked, classified } = usePlayground();
  const result = useJobResult(job, 'classify');
  const current = useMemo(() => (result && classified ? { ...classified, result } : undefined), [result, classified]);
  // The bars of the image before stay until those of this one are there.
  const shown = useLastAnswer(current);
  const colorOf = useColumnColors(adapters);
  const preview = useMemo(
    () => picked && { index: 0, label: 0, ...picked.pixels, pixels: Uint8Array.from(picked.pixels.pixels) },
    [picked],
  );
  if (picked === null || preview === null) return <EmptyState>{words.start}</EmptyState>;
  const isStale = shown?.jobId !== classified?.jobId;
  // Results of another model would pass for those of the model that the form shows.
  const isOfModel = (modelId: string | undefined) => modelId === undefined || isOfChosenModel(draft, modelId);
  const isCurrent = isOfModel(classified?.modelId);
  return (
    <>
      <div className={classes['picked']}>
        <div className={classes['canvas']}>
          <ExampleCanvas example={preview} label={picked.name} />
        </div>
        <div>
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {picked.name}
          </Text>
          <Text size="sm" c="dimmed">
            {picked.size}
          </Text>
          {picked.truth === null ? null : <Text size="sm">{words.truth(picked.truth)}</Text>}
        </div>
      </div>
      {job?.status === 'queued' && isCurrent ? (
        <Text size="sm" c="dimmed" role="status">
          {waitsFor && waitsFor.id !== job.id
            ? playgroundStrings.prompt.waiting(waitsFor.title)
            : playgroundStrings.prompt.starting}
        </Text>
      ) : null}
      {job?.error && isCurrent ? <ErrorNote error={job.error} /> : null}
      {shown && !job?.error && isOfModel(shown.modelId) ? (
        <div className={classes['columns']} data-stale={isStale || undefined} aria-busy={isStale}>
          {shown.columns.map(({ id, name }, index) => {
            const column = shown.result.columns[index];
            return column ? (
              <ClassesColumn
                key={id ?? 'base'}
                name={name}
                column={column}
                color={colorOf(id)}
                truth={shown.picked.truth}
              />
            ) : null;
          })}
        </div>
      ) : null}
    </>
  );
}

interface ClassesColumnProps {
  name: string;
  column: Column;
  color: string;
  truth: string | null;
}

/** The likeliest classes of one column; the label of a dataset's example is marked. */
export function ClassesColumn({ name, column, color, truth }: ClassesColumnProps) {
  const { classes: likeliest, classCount, problem } = column;
  const rest = classCount - Math.min(shownClasses, likeliest.length);
  return (
    <Panel title={name}>
      {problem === null ? null : (
        <Text size="sm" c="dimmed">
          {problem}
        </Text>
      )}
      <ol className={classes['classes']} aria-label={words.columnName(name)}>
        {likeliest.slice(0, shownClasses).map(({ label, probability }) => (
          <li key={label} className={classes['class']} data-true={label === truth || undefined}>
            <span className={classes['classLabel']} title={label}>
              {label}
              {label === truth ? (
                <span role="img" aria-label={words.right}>
                  {' '}
                  ✓
                </span>
              ) : null}
            </span>
            <span className={classes['classValue']}>{formatPercent(probability)} %</span>
            <span className={classes['bar']} aria-hidden>
              <span style={{ width: `${100 * probability}%`, background: color }} />
            </span>
          </li>
        ))}
      </ol>
      {rest > 0 && problem === null ? (
        <Text size="xs" c="dimmed" mt={8}>
          {words.rest(rest)}
        </Text>
      ) : null}
    </Panel>
  );
}

/** The colors that adapters have in every figure: with CoTo, without, merged; the base is grey. */
function useColumnColors(adapters: readonly AdapterRecord[]): (id: string | null) => string {
  const theme = useFigureTheme();
  return (id) => {
    const adapter = adapters.find((one) => one.id === id);
    return adapter === undefined ? seriesColors(theme).base : adapterColor(adapter, theme);
  };
}
