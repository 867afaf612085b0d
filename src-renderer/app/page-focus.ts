import { create } from 'zustand';
import { useRoute } from './routes.tsx';

/** Counts the changes of page since the window opened. */
export const usePageVisit = create<{ visit: number }>(() => ({ visit: 0 }));

let focused = 0;
/** Element that had the focus at the last page change, and has not lost it since. */
let left: Element | null = null;

/** The first two segments name a page: "#/runs" and "#/runs/r1" are two. A selection within a list is not a page. */
const pageOf = (segments: readonly string[]) => (segments[0] === 'runs' ? segments.slice(0, 2).join('/') : segments[0]);

/** A person who comes back to the element, such as the tour's button, has gone on. */
function forgetLeft(): void {
  left = null;
}

useRoute.subscribe((route, before) => {
  if (pageOf(route.segments) === pageOf(before.segments)) return;
  left = document.activeElement;
  window.addEventListener('focusin', forgetLeft, { once: true });
  usePageVisit.setState(({ visit }) => ({ visit: visit + 1 }));
});

/** True once after every change of page, for the heading that takes the focus; not for the first page of the window. */
export function claimPageFocus(): boolean {
  const { visit } = usePageVisit.getState();
  if (visit === focused) return false;
  focused = visit;
  return true;
}

/** Returns true if the user has moved on since the page change: to a control of the new page or to an overlay. */
export function hasGoneOn(page: HTMLElement | null): boolean {
  const active = document.activeElement;
  if (active === null || active === left) return false;
  return page?.contains(active) === true || active.closest('[role="dialog"], [role="menu"]') !== null;
}
