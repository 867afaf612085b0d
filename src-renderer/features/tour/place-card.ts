export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Distance of the card from what it explains, and from the edges of the window. */
const gap = 12;

/**
 * Returns where a card lies beside its target: below, right, above or left of it, the first side with room. Without
 * room on any side the card takes the corner with the least overlap. Pixels of the window.
 */
export function placeCard(
  target: Box | null,
  card: Pick<Box, 'width' | 'height'>,
  view: Pick<Box, 'width' | 'height'>,
): { readonly left: number; readonly top: number } {
  const right = Math.max(gap, view.width - card.width - gap);
  const bottom = Math.max(gap, view.height - card.height - gap);
  if (target === null) return { left: Math.round(right / 2), top: bottom };
  const left = clamp(target.left, gap, right);
  const top = clamp(target.top, gap, bottom);
  const sides = [
    { left, top: target.top + target.height + gap },
    { left: target.left + target.width + gap, top },
    { left, top: target.top - card.height - gap },
    { left: target.left - card.width - gap, top },
  ];
  const fitting = sides.find((at) => at.left >= gap && at.left <= right && at.top >= gap && at.top <= bottom);
  if (fitting !== undefined) return fitting;
  const corners = [
    { left: right, top: bottom },
    { left: gap, top: bottom },
    { left: right, top: gap },
    { left: gap, top: gap },
  ];
  const overlaps = corners.map((at) => overlap(target, { ...at, ...card }));
  return corners[overlaps.indexOf(Math.min(...overlaps))] ?? { left: right, top: bottom };
}

/** Area that two boxes share. */
export function overlap(one: Box, other: Box): number {
  const width = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
  const height = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
  return Math.max(0, width) * Math.max(0, height);
}

/** The smallest box around several, within the window; null without any. */
export function boxAround(boxes: readonly Box[], view: Pick<Box, 'width' | 'height'>): Box | null {
  if (boxes.length === 0) return null;
  const left = Math.max(0, Math.min(...boxes.map((box) => box.left)));
  const top = Math.max(0, Math.min(...boxes.map((box) => box.top)));
  const right = Math.min(view.width, Math.max(...boxes.map((box) => box.left + box.width)));
  const bottom = Math.min(view.height, Math.max(...boxes.map((box) => box.top + box.height)));
  return right <= left || bottom <= top ? null : { left, top, width: right - left, height: bottom - top };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
