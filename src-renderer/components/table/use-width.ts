import { type RefObject, useLayoutEffect, useState } from 'react';

/** The width of an element in pixels, kept up to date; null while it is not known, or where nobody asks. */
export function useWidth(element: RefObject<HTMLElement | null>, isAsked: boolean): number | null {
  const [width, setWidth] = useState<number | null>(null);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured || !isAsked) return;
    const measure = () => setWidth(measured.clientWidth || null);
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(measured);
    return () => sizes.disconnect();
  }, [element, isAsked]);
  return width;
}
