import { type RefCallback, useCallback, useState } from 'react';

/** Items that a list draws at first, and again each time that its end comes into sight. */
const step = 60;

/**
 * Draws a long list in parts: `drawn` of its items, and `end` on an element below them while there are more. A list of
 * hundreds of cards then opens as fast as one of a few.
 */
export function useGrowingList(total: number): { drawn: number; end: RefCallback<HTMLElement> | null } {
  const [limit, setLimit] = useState(step);
  const end = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return;
      const observer = new IntersectionObserver((entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setLimit(limit + step);
      });
      observer.observe(element);
      return () => observer.disconnect();
    },
    [limit],
  );
  return limit < total ? { drawn: limit, end } : { drawn: total, end: null };
}

/** The first items of grouped lists, over all groups. */
export function firstOfGroups<Group extends { readonly adapters: readonly unknown[] }>(
  groups: readonly Group[],
  count: number,
): Group[] {
  let left = count;
  return groups.flatMap((group) => {
    if (left <= 0) return [];
    const adapters = group.adapters.slice(0, left);
    left -= adapters.length;
    return [{ ...group, adapters }];
  });
}
