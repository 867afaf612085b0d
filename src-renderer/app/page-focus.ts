import { create } from 'zustand';
import { useRoute } from './routes.tsx';

/** Counts the changes of page since the window opened. */
export const usePageVisit = create<{ visit: number }>(() => ({ visit: 0 }));

let focused = 0;

/** The first two segments name a page: "#/runs" and "#/runs/r1" are two. What is chosen within a list is none. */
const pageOf = (segments: readonly string[]) => (segments[0] === 'runs' ? segments.slice(0, 2).join('/') : segments[0]);

useRoute.subscribe((route, before) => {
  if (pageOf(route.segments) !== pageOf(before.segments)) usePageVisit.setState(({ visit }) => ({ visit: visit + 1 }));
});

/** True once after every change of page, for the heading that takes the focus; not for the first page of the window. */
export function claimPageFocus(): boolean {
  const { visit } = usePageVisit.getState();
  if (visit === focused) return false;
  focused = visit;
  return true;
}
