import { Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import { seriesColors } from '../../../src-shared/figures/index.ts';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { runStrings as words } from '../../strings/run.ts';
import { useJobOf } from '../jobs/use-job.ts';
import { summarizeRun, type Tile } from './run-summary.ts';
import classes from './run-tiles.module.css';
import { SparkLine } from './spark-line.tsx';
import { type HistorySource, useSnapshot } from './use-history.ts';

interface RunTilesProps {
  run: RunRecord;
  history: HistorySource;
}

const noCurves: ReadonlyMap<string, Curve> = new Map();

/** How a run is going, in five tiles of fixed size: nothing moves while data come in, or at the end. */
export function RunTiles({ run, history }: RunTilesProps) {
  const curves = useSnapshot(history)?.runs.get(run.id)?.curves ?? noCurves;
  const job = useJobOf(run.id);
  const colors = seriesColors(useFigureTheme());
  const { step, loss, score, throughput, memory } = summarizeRun(run, curves, job);
  const color = run.config.coto ? colors.coto : colors.without;
  const curve = curves.get('loss');
  return (
    <section className={classes['strip']} aria-label={words.status}>
      <div className={classes['tiles']}>
        <TileView tile={step} />
        <TileView tile={loss}>
          {curve && curve.mean.length > 1 ? (
            <SparkLine values={curve.mean} width={56} height={20} color={color} />
          ) : null}
        </TileView>
        <TileView tile={score} />
        <TileView tile={throughput} />
        <TileView tile={memory} />
      </div>
      <Progress
        value={100 * step.share}
        size={3}
        radius={0}
        aria-label={words.progressOf(run.name)}
        color={run.config.coto ? 'var(--studio-coto)' : 'indigo'}
      />
    </section>
  );
}

function TileView({ tile, children }: { tile: Tile; children?: ReactNode }) {
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
}
