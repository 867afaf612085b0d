import type { ReactNode } from 'react';
import type { SeriesStyle } from '../../../../src-shared/figures/palette.ts';
import classes from '../comparison/comparison.module.css';

const dashes: Readonly<Record<string, string>> = { dash: '5 3', dot: '2 2', dashdot: '5 2 1 2', longdash: '8 3' };

/** A group's name behind a piece of its line, as the figures draw it. */
export function GroupMark({ style, children }: { style: SeriesStyle; children: ReactNode }) {
  return (
    <span className={classes['mark']}>
      <svg width={20} height={8} aria-hidden className={classes['line']}>
        <line
          x1={0}
          y1={4}
          x2={20}
          y2={4}
          stroke={style.color}
          strokeWidth={2.5}
          strokeDasharray={dashes[style.dash] ?? 'none'}
        />
      </svg>
      <span>{children}</span>
    </span>
  );
}
