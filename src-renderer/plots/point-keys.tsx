import { VisuallyHidden } from '@mantine/core';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { figureStrings } from '../strings/figures.ts';
import classes from './figure.module.css';
import type { FigureSource } from './figure-data.ts';
import { type ChoosablePoint, choosablePoints, stepTo } from './figure-points.ts';

interface PointKeysProps {
  figure: FigureSource;
  name: string;
  /** Returns the position of a point in pixels of the plot; null if it is out of sight. */
  pixelOf: (point: ChoosablePoint) => { x: number; y: number } | null;
  onChoose: (point: ChoosablePoint) => void;
}

/** Keyboard access to points: arrow keys move a ring from point to point, and Enter selects one. */
export function PointKeys({ figure, name, pixelOf, onChoose }: PointKeysProps) {
  const points = useMemo(() => choosablePoints(figure), [figure]);
  const [at, setAt] = useState<number | null>(null);
  const point = at === null ? undefined : points[Math.min(at, points.length - 1)];
  const place = point === undefined ? null : pixelOf(point);
  if (points.length === 0) return null;
  const onKeyDown = (event: KeyboardEvent) => {
    const next = stepTo(event.key, points, at ?? 0);
    if (next !== null) setAt(next);
    else if (event.key === 'Enter' && point !== undefined) onChoose(point);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <button
        type="button"
        className={classes['pointKeys']}
        aria-label={figureStrings.points(name)}
        aria-roledescription={figureStrings.pointsRole}
        onFocus={() => setAt(at ?? 0)}
        onBlur={() => setAt(null)}
        onKeyDown={onKeyDown}
      >
        {place === null ? null : (
          <span className={classes['ring']} style={{ left: place.x, top: place.y }} aria-hidden />
        )}
      </button>
      <VisuallyHidden aria-live="polite">
        {point === undefined ? '' : figureStrings.point(point.text, (at ?? 0) + 1, points.length)}
      </VisuallyHidden>
    </>
  );
}
