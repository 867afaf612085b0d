import { drawUnits } from '../../src-shared/coto/distribution.ts';
import { activationProbability } from '../../src-shared/coto/schedule.ts';
import { cotoSettingsSchema } from '../../src-shared/domain/runs/coto.ts';
import { RandomStream } from '../../src-shared/random.ts';

const precision = 2 ** 20;

/** Number of candidate lists of masks. */
const candidates = 500;
/** Length of the prefix that must already represent the schedule. */
const prefixes = [8, 16, 32];

/**
 * `count` masks of CoTo's default schedule over `groups` groups, drawn at evenly spaced steps of it. They are in van
 * der Corput order, so that a runner with time for the first few only still covers the whole schedule. Among many such
 * lists, the chosen one best matches the schedule's mean number of active groups and of layers in the backward pass,
 * for all its masks and its prefix. Both numbers determine the time of a step.
 */
export function scheduleMasks(count: number, groups: number): number[][] {
  const random = RandomStream.seeded(42, 'coto');
  const expected = meanWork(drawMasks(precision / 64, groups, random));
  let best: { masks: number[][]; distance: number } | null = null;
  for (let candidate = 0; candidate < candidates; candidate++) {
    const masks = drawMasks(count, groups, random);
    let distance = 0;
    for (const prefix of new Set(prefixes.map((length) => Math.min(length, count)))) {
      const work = meanWork(masks.slice(0, prefix));
      distance += (work.active - expected.active) ** 2 + (work.depth - expected.depth) ** 2;
    }
    if (best === null || distance < best.distance) best = { masks, distance };
  }
  return best?.masks ?? [];
}

function drawMasks(count: number, groups: number, random: RandomStream): number[][] {
  const settings = cotoSettingsSchema.parse({});
  return Array.from({ length: count }, (_, index) => {
    const place = (radicalInverse(index) + 0.5 / count) % 1;
    const probability = activationProbability(settings, place * precision, precision);
    const probabilities = new Array<number>(groups).fill(probability);
    return [...drawUnits({ kind: 'independent', probabilities }, 'redraw', () => random.uniform())];
  });
}

/** Mean number of active groups, and of layers from the lowest active group up. */
function meanWork(masks: readonly (readonly number[])[]): { active: number; depth: number } {
  const sums = { active: 0, depth: 0 };
  for (const mask of masks) {
    sums.active += mask.reduce((sum, bit) => sum + bit, 0);
    sums.depth += mask.length - mask.indexOf(1);
  }
  return { active: sums.active / masks.length, depth: sums.depth / masks.length };
}

/** Van der Corput sequence, the bit reversal of `index`: 0, ½, ¼, ¾, ⅛, … */
function radicalInverse(index: number): number {
  let value = 0;
  let weight = 0.5;
  for (let rest = index; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) value += weight;
    weight /= 2;
  }
  return value;
}
