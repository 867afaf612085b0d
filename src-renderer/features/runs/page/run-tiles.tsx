import { Progress } from '@mantine/core';
import { memo, type ReactNode } from 'react';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { seriesColors } from '../../../../src-shared/figures/index.ts';
import { lossCurve } from '../../../../src-shared/metrics/curves.ts';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import { runStrings as words } from '../../../strings/run.ts';
import { useJobOf } from '../../jobs/use-job.ts';
import { type HistorySource, useSnapshot } from '../charts/use-history.ts';
import { SparkLine } from '../list/spark-line.tsx';
import { stepShare, summarizeRun, type Tile } from './run-summary.ts';
import classes from './run-tiles.module.css';

interface RunTilesProps {
  run: RunRecord;
  history: HistorySource;
}

const noCurves: ReadonlyMap<string, Curve> = new Map();

/** Shows the state of a run in five tiles of fixed size: nothing moves while data arrive, or at the end. */
export function RunTiles({ run, history }: RunTilesProps) {
  const job = useJobOf(run.id);
  return (
    <section className={classes['strip']} aria-label={words.status}>
      <Tiles run={run} history={history} job={job} />
      <StepProgress
        share={stepShare(run)}
        label={words.progressOf(run.name)}
        color={run.config.coto ? 'var(--studio-coto)' : 'indigo'}
      />
    </section>
  );
}

/** All that is rendered again with each new point. */
const Tiles = memo(function Tiles({ run, history, job }: RunTilesProps & { job: JobRecord | undefined }) {
  const curves = useSnapshot(history)?.runs.get(run.id)?.curves ?? noCurves;
  const colors = seriesColors(useFigureTheme());
  const { step, loss, score, throughput, memory } = summarizeRun(run, curves, job);
  const curve = curves.get(lossCurve.metric);
  return (
    <div className={classes['tiles']}>
      <TileView tile={step} />
      <TileView tile={loss}>
        {curve && curve.mean.length > 1 ? (
          <SparkLine
            values={curve.mean}
            width={56}
            height={20}
            color={run.config.coto ? colors.coto : colors.without}
          />
        ) : null}
      </TileView>
      <TileView tile={score} />
      <TileView tile={throughput} />
      <TileView tile={memory} />
    </div>
  );
});

const StepProgress = memo(function StepProgress({
  share,
  label,
  color,
}: {
  share: number;
  label: string;
  color: string;
}) {
  return <Progress value={100 * share} size={3} radius={0} aria-label={label} color={color} />;
});

interface TileViewProps {
  tile: Tile;
  children?: ReactNode;
}

/** Most tiles say the same after a new point as before it. */
const TileView = memo(function TileView({ tile, children }: TileViewProps) {
  return (
    <div className={classes['tile']}>
      <div className={classes['label']}>{tile.label}</div>
      <div className={classes['line']}>
        <span className={classes['value']}>
          {tile.value}
          {tile.unit && tile.value !== '–' ? <span className={classes['unit']}>{tile.unit}</span> : null}
        </span>
        {tile.aside ? (
          <span className={classes['aside']} title={tile.aside.help}>
            {tile.aside.text}
          </span>
        ) : null}
        {children}
      </div>
      <div className={classes['note']} title={tile.note}>
        {tile.note}
      </div>
    </div>
  );
}, saysTheSame);

function saysTheSame(before: TileViewProps, after: TileViewProps): boolean {
  const parts = ({ tile: { label, value, unit, note, aside }, children }: TileViewProps) => [
    ...[label, value, unit, note, aside?.text, aside?.help],
    children,
  ];
  const [known, now] = [parts(before), parts(after)];
  return now.every((part, index) => part === known[index]);
}
