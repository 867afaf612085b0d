import { type RefObject, useEffect, useEffectEvent, useRef, useSyncExternalStore } from 'react';
import { create } from 'zustand';
import type { FigureHover } from '../../src-shared/figures/index.ts';
import classes from './figure.module.css';
import type { GrowingFigure } from './figure-source.ts';
import { type HoverValue, hoverHead, unitOf, valuesAt } from './hover-values.ts';
import { type PlotGeometry, pixelOfX, pixelOfY, xAtPixel } from './plot-geometry.ts';

/** Pointer position in a group of figures that share their hover. */
interface HoverPlace {
  readonly group: string;
  readonly axis: FigureHover;
  readonly x: number;
}

/** One pointer, so one place; null while it is over none of them. */
const useHoverStore = create<{ place: HoverPlace | null }>(() => ({ place: null }));

function setHoverPlace(place: HoverPlace | null): void {
  useHoverStore.setState({ place });
}

interface HoverLayerProps {
  /** The element that plotly draws in. */
  plot: RefObject<HTMLElement | null>;
  source: GrowingFigure;
  hover: FigureHover;
  /** Figures of one group show the same place. */
  group: string;
  geometry: () => PlotGeometry | null;
  onClick?: (value: HoverValue) => void;
}

/** Pixels that a click may be away from a curve. */
const reach = 24;
/** More values than this stand in a list beside the pointer's half, not in a line above the plot; so do those too long for it. */
const inLine = 3;
/** Pixels that a letter of the values takes, and what stands around each value. */
const letterWidth = 7;
const valueMargin = 24;

/** A line where the pointer is, and the values of all curves there, beside the curves and not over them. */
export function HoverLayer({ plot, source, hover, group, geometry, onClick }: HoverLayerProps) {
  const place = useHoverStore((state) => state.place);
  const pressed = useRef<{ x: number; y: number } | null>(null);
  const move = useEffectEvent((event: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    const drawn = geometry();
    const x = box && drawn ? xAtPixel(drawn, event.clientX - box.left) : null;
    setHoverPlace(x === null ? null : { group, axis: hover, x });
  });
  const click = useEffectEvent((event: PointerEvent) => {
    const from = pressed.current;
    pressed.current = null;
    const box = plot.current?.getBoundingClientRect();
    const drawn = geometry();
    if (!onClick || !from || !box || !drawn || Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4) return;
    const x = xAtPixel(drawn, event.clientX - box.left);
    if (x === null) return;
    const distance = ({ y }: HoverValue) => Math.abs(pixelOfY(drawn, y) - (event.clientY - box.top));
    const [hit] = valuesAt(source.current().data, x).sort((one, other) => distance(one) - distance(other));
    if (hit && distance(hit) <= reach) onClick(hit);
  });
  useEffect(() => {
    const element = plot.current;
    if (!element) return;
    const leave = () => setHoverPlace(null);
    const down = (event: PointerEvent) => {
      pressed.current = { x: event.clientX, y: event.clientY };
    };
    const onMove = (event: PointerEvent) => move(event);
    const onUp = (event: PointerEvent) => click(event);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('pointerdown', down, { capture: true });
    window.addEventListener('pointerup', onUp);
    return () => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('pointerdown', down, { capture: true });
      window.removeEventListener('pointerup', onUp);
    };
  }, []);
  const shown = place !== null && place.group === group && place.axis === hover ? place : null;
  const figure = useSyncExternalStore(shown === null ? never : source.subscribe, source.current);
  const drawn = shown === null ? null : geometry();
  const left = shown === null || drawn === null ? null : pixelOfX(drawn, shown.x);
  if (shown === null || drawn === null || left === null) return null;
  const values = valuesAt(figure.data, shown.x, unitOf(figure.layout));
  const [first] = values;
  if (first === undefined) return null;
  const inRightHalf = left > drawn.left + drawn.width / 2;
  const isInLine = values.length <= inLine && lineWidth(values) <= drawn.left + drawn.width;
  return (
    <>
      <div className={classes['cursor']} style={{ left, top: drawn.area.top, height: drawn.area.height }} />
      <div
        className={isInLine ? classes['readout'] : classes['readoutList']}
        data-side={inRightHalf ? 'left' : 'right'}
        style={isInLine ? {} : inRightHalf ? { left: drawn.left + 8 } : { right: 8 }}
      >
        <span className={classes['readoutHead']}>{hoverHead(hover, first.x)}</span>
        {values.map((value) => (
          <span key={value.traceIndex} className={classes['readoutValue']}>
            <span className={classes['readoutDot']} style={{ background: value.color }} />
            {values.length > 1 ? `${value.name} ` : ''}
            <b>{value.text}</b>
          </span>
        ))}
      </div>
    </>
  );
}

/** Ignores subscriptions of figures without hover values. */
const never = () => () => undefined;

/** About how wide the values are in one line, behind their head. */
function lineWidth(values: readonly HoverValue[]): number {
  const letters = values.map(({ name, text }) => (values.length > 1 ? name.length : 0) + text.length);
  return letters.reduce((sum, count) => sum + letterWidth * count + valueMargin, 80);
}
