import { type RefObject, useEffect, useEffectEvent, useState } from 'react';
import classes from '../figure.module.css';
import type { GrowingFigure } from '../figure-source.ts';
import type { PlotAxes } from '../plot-axes.ts';
import { closestText } from './closest.ts';

interface ClosestLabelProps {
  /** The element that plotly draws in. */
  plot: RefObject<HTMLElement | null>;
  source: GrowingFigure;
  axes: () => PlotAxes | null;
}

/** Pixels between the pointer and what is said of it. */
const gap = 12;

/** Label at the pointer in a live figure. Plotly's own labels are unavailable, because it does not have the traces. */
export function ClosestLabel({ plot, source, axes }: ClosestLabelProps) {
  const [label, setLabel] = useState<{ text: string; left: number; top: number; width: number } | null>(null);
  const move = useEffectEvent((event: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    const drawn = axes();
    if (!box || !drawn) return;
    const pointer = { left: event.clientX - box.left, top: event.clientY - box.top };
    const text = closestText(source.current(), drawn, pointer);
    setLabel(text === null ? null : { text, ...pointer, width: box.width });
  });
  useEffect(() => {
    const element = plot.current;
    if (!element) return;
    const onMove = (event: PointerEvent) => move(event);
    const leave = () => setLabel(null);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerleave', leave);
    };
  }, []);
  if (label === null) return null;
  const isRight = label.left > label.width / 2;
  return (
    <div
      className={classes['closest']}
      style={{
        top: label.top + gap,
        ...(isRight ? { right: label.width - label.left + gap } : { left: label.left + gap }),
      }}
    >
      {label.text}
    </div>
  );
}
