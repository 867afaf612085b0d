/** A source of uniform numbers in [0, 1), e.g. a seeded stream. */
export type UniformSource = () => number;

/**
 * Draws which of `groupCount` adapter groups are on: one uniform u per group, off if and only if u > p; the vector
 * is redrawn while all are off, so at least one is always on (as in the authors' code). With p = 0 redrawing would
 * never end, so one group chosen uniformly is on: the limit of the rule as p goes to 0.
 */
export function sampleActiveGroups(probability: number, groupCount: number, uniform: UniformSource): Uint8Array {
  const active = new Uint8Array(groupCount);
  if (groupCount === 0) return active;
  if (probability <= 0) {
    active[Math.min(groupCount - 1, Math.floor(uniform() * groupCount))] = 1;
    return active;
  }
  do {
    for (let group = 0; group < groupCount; group++) active[group] = uniform() > probability ? 0 : 1;
  } while (!active.includes(1));
  return active;
}
