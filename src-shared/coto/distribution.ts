/** A source of uniform numbers in [0, 1), e.g. a seeded stream. */
export type UniformSource = () => number;

/** Probability distribution over the sets of units that are on in a step. */
export type Distribution =
  /** Each unit by itself, with its own probability. */
  | { readonly kind: 'independent'; readonly probabilities: readonly number[] }
  /** The first, or the last, units; `sizes[k]` is the probability that k + 1 of them are on. */
  | { readonly kind: 'nested'; readonly from: 'first' | 'last'; readonly sizes: readonly number[] }
  /** `size` of `count` units, all such sets alike. */
  | { readonly kind: 'subset'; readonly size: number; readonly count: number }
  /** All units, or none of them. */
  | { readonly kind: 'together'; readonly probability: number; readonly count: number }
  /** All units, with noisy gates: normal around 1, with the variance of independent gates of these probabilities, rescaled. */
  | { readonly kind: 'noise'; readonly probabilities: readonly number[] };

/** Rule for independent draws that switch every unit off: redraw all, or force one unit on, chosen uniformly. */
export type AllOff = 'redraw' | 'force-one';

/**
 * Nested sizes 1 … count with mean share ≈ p: size = ⌈count · u^((1 − p)/p)⌉ with u uniform, so unit i (from 0) is on with
 * probability 1 − (i / count)^(p/(1 − p)). At p = ½ the size is uniform (nested dropout, Rippel et al. 2014).
 */
export function nestedSizes(p: number, count: number): number[] {
  const upTo = (size: number) => {
    if (p >= 1) return size === count ? 1 : 0;
    return p <= 0 ? (size === 0 ? 0 : 1) : (size / count) ** (p / (1 - p));
  };
  return Array.from({ length: count }, (_, index) => upTo(index + 1) - upTo(index));
}

/** Draws the units that are on. */
export function drawUnits(distribution: Distribution, allOff: AllOff, uniform: UniformSource): Uint8Array {
  switch (distribution.kind) {
    case 'independent':
      return drawIndependent(distribution.probabilities, allOff, uniform);
    case 'nested':
      return drawNested(distribution.sizes, distribution.from, uniform);
    case 'subset':
      return drawSubset(distribution.size, distribution.count, uniform);
    case 'together':
      return new Uint8Array(distribution.count).fill(uniform() > distribution.probability ? 0 : 1);
    case 'noise':
      return new Uint8Array(distribution.probabilities.length).fill(1);
  }
}

/** Rule for the gates of units that are on: 1, or the inverse of the probability that the unit is on. */
export type Rescale = 'none' | 'inverse_survival';

/**
 * Factors on the updates of the units of a draw, 0 where a unit is off; null if all factors are those of the mask. A gate
 * b / P(b = 1) has the mean 1, whatever rule redraws. Noisy gates have the mean and the variance of such gates.
 * @param normal source of standard normal numbers.
 */
export function gatesOf(
  distribution: Distribution,
  mask: Uint8Array,
  rules: { readonly allOff: AllOff; readonly rescale: Rescale },
  normal: () => number,
): Float32Array | null {
  if (distribution.kind === 'noise') {
    const survivals = unitShares({ ...distribution, kind: 'independent' }, rules.allOff);
    const gates = Float32Array.from(survivals, (survival) => 1 + Math.sqrt((1 - survival) / survival) * normal());
    return survivals.every((survival) => survival === 1) ? null : gates;
  }
  if (rules.rescale === 'none') return null;
  const survivals = unitShares(distribution, rules.allOff);
  if (survivals.every((survival) => survival === 1)) return null;
  return Float32Array.from(mask, (isOn, unit) => (isOn ? 1 / (survivals[unit] ?? 1) : 0));
}

/** Probability of each unit to be on, redraws and forced units included. */
export function unitShares(distribution: Distribution, allOff: AllOff): number[] {
  switch (distribution.kind) {
    case 'independent': {
      const { probabilities } = distribution;
      const count = probabilities.length;
      const none = probabilities.reduce((product, probability) => product * (1 - probability), 1);
      if (none === 1) return probabilities.map(() => 1 / count);
      return probabilities.map((probability) =>
        allOff === 'redraw' ? probability / (1 - none) : probability + none / count,
      );
    }
    case 'nested': {
      const { sizes, from } = distribution;
      // The unit at `rank` in the order of nesting is on if more units than that are.
      const shares = sizes.map((_, rank) =>
        Math.min(
          1,
          sizes.slice(rank).reduce((sum, size) => sum + size, 0),
        ),
      );
      return from === 'first' ? shares : shares.reverse();
    }
    case 'subset':
      return new Array<number>(distribution.count).fill(Math.min(1, distribution.size / distribution.count));
    case 'together':
      return new Array<number>(distribution.count).fill(distribution.probability);
    case 'noise':
      return distribution.probabilities.map(() => 1);
  }
}

/**
 * One uniform u a unit, off if and only if u > p, as in the authors' code. If all probabilities are 0, one unit chosen
 * uniformly is on: the limit of redrawing as they go to 0 together.
 */
function drawIndependent(probabilities: readonly number[], allOff: AllOff, uniform: UniformSource): Uint8Array {
  const active = new Uint8Array(probabilities.length);
  if (active.length === 0) return active;
  const forced = () => Math.min(active.length - 1, Math.floor(uniform() * active.length));
  if (probabilities.every((probability) => probability <= 0)) {
    active[forced()] = 1;
    return active;
  }
  do {
    for (let unit = 0; unit < active.length; unit++) active[unit] = uniform() > (probabilities[unit] ?? 0) ? 0 : 1;
    if (allOff === 'force-one' && !active.includes(1)) active[forced()] = 1;
  } while (!active.includes(1));
  return active;
}

function drawNested(sizes: readonly number[], from: 'first' | 'last', uniform: UniformSource): Uint8Array {
  const active = new Uint8Array(sizes.length);
  const u = uniform();
  let sum = 0;
  const drawn = sizes.findIndex((probability) => {
    sum += probability;
    return u < sum;
  });
  // The probabilities may add up to slightly less than 1.
  const size = drawn < 0 ? sizes.length : drawn + 1;
  if (from === 'first') active.fill(1, 0, size);
  else active.fill(1, sizes.length - size);
  return active;
}

/** Selection sampling (Knuth, volume 2, algorithm S). */
function drawSubset(size: number, count: number, uniform: UniformSource): Uint8Array {
  const active = new Uint8Array(count);
  let wanted = Math.min(size, count);
  for (let unit = 0; unit < count; unit++)
    if ((count - unit) * uniform() < wanted) {
      active[unit] = 1;
      wanted--;
    }
  return active;
}

/** Expected share of the units that are on. */
export function expectedShare(distribution: Distribution, allOff: AllOff): number {
  if (distribution.kind === 'subset')
    return distribution.count === 0 ? 1 : Math.min(1, distribution.size / distribution.count);
  if (distribution.kind === 'together') return distribution.probability;
  if (distribution.kind === 'noise') return 1;
  if (distribution.kind === 'nested') {
    const { sizes } = distribution;
    return sizes.reduce((mean, probability, index) => mean + (probability * (index + 1)) / sizes.length, 0);
  }
  const { probabilities } = distribution;
  const count = probabilities.length;
  if (count === 0) return 1;
  const mean = probabilities.reduce((total, probability) => total + probability, 0) / count;
  const none = probabilities.reduce((product, probability) => product * (1 - probability), 1);
  if (none === 1) return 1 / count;
  return allOff === 'redraw' ? mean / (1 - none) : mean + none / count;
}

/**
 * Expected share of the layers below the lowest one that is on: nothing is trained there, so the backward pass ends above
 * them. It is the mean probability, over the layers, that every unit below the layer is off.
 * @param depth position of each unit's layer, from 0 at the input; units are ordered from the input up.
 */
export function expectedSkippedShare(
  distribution: Distribution,
  allOff: AllOff,
  depth: readonly number[],
  layerCount: number,
): number {
  const nothingBelow = nothingBelowOf(distribution, allOff, depth);
  let unit = 0;
  let mean = 0;
  for (let layer = 1; layer < layerCount; layer++) {
    while (unit < depth.length && (depth[unit] ?? 0) < layer) unit++;
    mean += nothingBelow(unit);
  }
  return layerCount === 0 ? 0 : mean / layerCount;
}

/** Probability that the first `below` units are off, for growing `below`: what was computed for fewer is used again. */
function nothingBelowOf(
  distribution: Distribution,
  allOff: AllOff,
  { length: count }: readonly number[],
): (below: number) => number {
  if (distribution.kind === 'nested') {
    const { from, sizes } = distribution;
    if (from === 'first') return () => 0;
    const upTo = [0];
    for (const [index, probability] of sizes.entries()) upTo.push((upTo[index] ?? 0) + probability);
    return (below) => upTo[count - below] ?? 0;
  }
  if (distribution.kind === 'together') return (below) => (below === 0 ? 1 : 1 - distribution.probability);
  if (distribution.kind === 'noise') return (below) => (below === 0 ? 1 : 0);
  if (distribution.kind === 'subset')
    return (below) => {
      let probability = 1;
      for (let drawn = 0; drawn < Math.min(distribution.size, count); drawn++)
        probability *= Math.max(0, count - below - drawn) / (count - drawn);
      return probability;
    };
  const { probabilities } = distribution;
  const none = probabilities.reduce((product, probability) => product * (1 - probability), 1);
  let [seen, off] = [0, 1];
  return (below) => {
    for (; seen < below; seen++) off *= 1 - (probabilities[seen] ?? 0);
    const above = count - below;
    if (none === 1) return above / count;
    return allOff === 'redraw' ? (off - none) / (1 - none) : off - none + (none * above) / count;
  };
}
