import { create } from 'zustand';

/** Matches that are marked: more of them say nothing, and marking costs time. */
export const maxMatches = 1000;

/** State of the find bar. Each request, also while it is open, puts the cursor into it. */
export const useFindBar = create<{ requests: number; opened: boolean }>(() => ({ requests: 0, opened: false }));

export function openFindBar(): void {
  useFindBar.setState(({ requests }) => ({ requests: requests + 1, opened: true }));
}

export function closeFindBar(): void {
  useFindBar.setState({ opened: false });
}

/**
 * Finds a text below an element, also across elements of one line, whatever its case. Lists that draw only their visible rows
 * are searched there.
 */
export function findText(root: Element, text: string): Range[] {
  const wanted = text.toLowerCase();
  if (wanted.trim() === '') return [];
  const ranges: Range[] = [];
  for (const nodes of textBlocks(root)) {
    const whole = nodes.map(({ data }) => data).join('');
    // Letters whose lower case has another length would move every position after them.
    const lower = whole.toLowerCase();
    if (lower.length !== whole.length) continue;
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + wanted.length)) {
      ranges.push(rangeOf(nodes, at, at + wanted.length));
      if (ranges.length === maxMatches) return ranges;
    }
  }
  return ranges;
}

/** The visible text nodes, grouped by the block that they are laid out in. */
function* textBlocks(root: Element): Generator<Text[]> {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let block: Element | null = null;
  let nodes: Text[] = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!(node instanceof Text) || parent === null || node.data === '' || !isShown(parent)) continue;
    const own = blockOf(parent);
    if (own !== block && nodes.length > 0) {
      yield nodes;
      nodes = [];
    }
    block = own;
    nodes.push(node);
  }
  if (nodes.length > 0) yield nodes;
}

function isShown(element: Element): boolean {
  return (
    !element.closest('script, style, noscript') && (element.checkVisibility?.({ visibilityProperty: true }) ?? true)
  );
}

function blockOf(element: Element): Element {
  let found = element;
  while (found.parentElement !== null && getComputedStyle(found).display.startsWith('inline'))
    found = found.parentElement;
  return found;
}

function rangeOf(nodes: readonly Text[], start: number, end: number): Range {
  const range = document.createRange();
  let before = 0;
  for (const node of nodes) {
    const after = before + node.data.length;
    if (start >= before && start < after) range.setStart(node, start - before);
    if (end > before && end <= after) range.setEnd(node, end - before);
    before = after;
  }
  return range;
}
