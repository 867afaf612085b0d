import { groupMemory } from '../../files/control-group.ts';

/** Share of a control group's memory reserved for everything but tensors. */
const reservedShare = 0.05;
const minReserve = 64 * 2 ** 20;

/**
 * Bytes that tensors may still take of the memory of this process's control group, negative where less is left than is kept for the
 * rest of the process; null without a limit.
 */
export function spareBytesOfGroup(): number | null {
  const group = groupMemory();
  if (group === null) return null;
  return group.availableBytes - Math.max(minReserve, reservedShare * group.limitBytes);
}
