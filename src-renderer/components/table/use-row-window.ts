import { type RefObject, useEffect, useState } from 'react';

/** Rows above and below those in sight that are drawn too, so that the keyboard's next row is always there. */
const margin = 12;
/** Tables with fewer rows are drawn whole. */
const least = 60;

export interface RowWindow {
  /** First drawn row; `to` is the row after the last one. */
  readonly from: number;
  readonly to: number;
}

/** The rows of a scrolling table that are in sight, give or take a few; all of them where the table has no height. */
export function useRowWindow(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowWindow {
  const [sight, setSight] = useState({ top: 0, height: 0 });
  const isLong = count >= least;
  useEffect(() => {
    const element = scroller.current;
    if (!element || !isLong) return;
    const look = () => {
      // Whole blocks of rows: most scroll events then change nothing.
      const block = rowHeight * Math.floor(margin / 2);
      const top = Math.floor(element.scrollTop / block) * block;
      const height = element.clientHeight;
      setSight((known) => (known.top === top && known.height === height ? known : { top, height }));
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      sizes.disconnect();
    };
  }, [scroller, isLong, rowHeight]);
  if (!isLong || sight.height === 0) return { from: 0, to: count };
  const first = Math.floor(sight.top / rowHeight);
  const shown = Math.ceil(sight.height / rowHeight) + Math.floor(margin / 2);
  const from = Math.max(0, Math.min(first, count - shown) - margin);
  return { from, to: Math.min(count, first + shown + margin) };
}
