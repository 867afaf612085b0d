import { sampleActiveGroups } from '../../../src-shared/coto/sampling.ts';
import { activationProbability } from '../../../src-shared/coto/schedule.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/coto.ts';
import { RandomStream } from '../../../src-shared/random.ts';

const precision = 2 ** 20;

/**
 * `count` masks of CoTo's default schedule over `groups` groups, drawn at evenly spaced places of it. They come in van der
 * Corput's order, so that a contender that has time for the first few only still sees the whole schedule.
 */
export function scheduleMasks(count: number, groups: number): number[][] {
  const settings = cotoSettingsSchema.parse({});
  const random = RandomStream.seeded(42, 'coto');
  return Array.from({ length: count }, (_, index) => {
    const place = (radicalInverse(index) + 0.5 / count) % 1;
    const probability = activationProbability(settings, place * precision, precision);
    return [...sampleActiveGroups(probability, groups, () => random.uniform())];
  });
}

/** The binary digits of `index` mirrored at the point: 0, ½, ¼, ¾, ⅛, … */
function radicalInverse(index: number): number {
  let value = 0;
  let weight = 0.5;
  for (let rest = index; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) value += weight;
    weight /= 2;
  }
  return value;
}
