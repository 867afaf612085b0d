import { describe, expect, it } from 'vitest';
import {
  type AllOff,
  type Distribution,
  drawUnits,
  expectedShare,
  expectedSkippedShare,
  gatesOf,
  nestedSizes,
  unitShares,
} from '../../../src-shared/coto/distribution.ts';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import type { Schedule, Units } from '../../../src-shared/coto/schedules/schedule.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { tables } from './golden-tables.ts';

const settings = { lisa_activated_layers: 2, lisa_interval_steps: 1 };
const layersOf = (count: number): Units => ({
  count,
  depth: Array.from({ length: count }, (_, layer) => layer),
  layerCount: count,
});
const uniform = (count: number, p: number): Distribution => ({
  kind: 'independent',
  probabilities: new Array<number>(count).fill(p),
});

function drawn(distribution: Distribution, allOff: AllOff = 'redraw', times = 20_000): Uint8Array[] {
  const random = RandomStream.seeded(3, 'coto');
  return Array.from({ length: times }, () => drawUnits(distribution, allOff, () => random.uniform()));
}

/** Shares of draws in which each unit is on. */
function rates(masks: readonly Uint8Array[]): number[] {
  return Array.from(masks[0] ?? [], (_, unit) => masks.filter((mask) => mask[unit] === 1).length / masks.length);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('independent draws', () => {
  it('leave a unit off if and only if u > p, and draw all again while all are off', () => {
    const numbers = [0.9, 0.8, 0.2, 0.9];
    expect([...drawUnits(uniform(2, 0.5), 'redraw', () => numbers.shift() ?? Number.NaN)]).toEqual([1, 0]);
    expect(numbers).toEqual([]);
  });

  it('force one on instead: the third number chooses it', () => {
    const numbers = [0.9, 0.8, 0.6];
    expect([...drawUnits(uniform(2, 0.5), 'force-one', () => numbers.shift() ?? Number.NaN)]).toEqual([0, 1]);
    expect(numbers).toEqual([]);
  });

  it.each(['redraw', 'force-one'] as const)('always leave a unit on, even at p = 0, by %s', (allOff) => {
    for (const p of [0, 0.01, 0.1])
      for (const mask of drawn(uniform(3, p), allOff, 2000)) expect(mask.includes(1)).toBe(true);
  });

  it('switch everything on at p = 1', () => {
    for (const mask of drawn(uniform(12, 1), 'redraw', 500)) expect([...mask]).toEqual(new Array(12).fill(1));
  });
});

describe('nested sizes', () => {
  it('are uniform at p = ½, as in nested dropout', () => {
    const { r, keep_probability } = tables.nested_uniform;
    const sizes = nestedSizes(0.5, r);
    for (const size of sizes) expect(size).toBeCloseTo(1 / r, 12);
    keep_probability.forEach((expected, rank) => {
      expect(sizes.slice(rank).reduce((sum, size) => sum + size, 0)).toBeCloseTo(expected, 12);
    });
  });

  it('are probabilities with a mean share near p, from one unit at 0 to all at 1', () => {
    for (const p of [0, 0.1, 0.3, 0.7, 0.99, 1]) {
      const sizes = nestedSizes(p, 200);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(0);
      expect(Math.abs(expectedShare({ kind: 'nested', from: 'first', sizes }, 'redraw') - p)).toBeLessThan(0.01);
    }
    expect(nestedSizes(0, 3)).toEqual([1, 0, 0]);
    expect(nestedSizes(1, 3)).toEqual([0, 0, 1]);
  });
});

const distributions: readonly { title: string; distribution: Distribution; allOff: AllOff }[] = [
  { title: 'independent, drawn again', distribution: uniform(3, 0.2), allOff: 'redraw' },
  { title: 'independent, one forced', distribution: uniform(3, 0.2), allOff: 'force-one' },
  {
    title: 'independent, unequal',
    distribution: { kind: 'independent', probabilities: [0.1, 0.5, 0, 0.3] },
    allOff: 'redraw',
  },
  { title: 'nested from the first', distribution: nested('first'), allOff: 'redraw' },
  { title: 'nested to the last', distribution: nested('last'), allOff: 'redraw' },
  { title: 'subsets of two of five', distribution: { kind: 'subset', size: 2, count: 5 }, allOff: 'redraw' },
];

function nested(from: 'first' | 'last'): Distribution {
  return { kind: 'nested', from, sizes: nestedSizes(0.3, 5) };
}

describe.each(distributions)('expectations of $title', ({ distribution, allOff }) => {
  it('are the means of the draws: the share that is on, and the layers below the lowest', () => {
    const masks = drawn(distribution, allOff);
    const count = masks[0]?.length ?? 0;
    // Standard errors are about 0.003.
    expect(Math.abs(mean(rates(masks)) - expectedShare(distribution, allOff))).toBeLessThan(0.015);
    // Two units a layer, and a last layer with what is left.
    const depth = Array.from({ length: count }, (_, unit) => Math.floor(unit / 2));
    const layers = Math.ceil(count / 2);
    const lowest = mean(masks.map((mask) => (depth[mask.indexOf(1)] ?? Number.NaN) / layers));
    expect(Math.abs(lowest - expectedSkippedShare(distribution, allOff, depth, layers))).toBeLessThan(0.015);
  });
});

describe('schedules', () => {
  const distributionOf = (schedule: Schedule, p: number, units: Units) => {
    const distribution = schedule.distribution(p, units, settings);
    if (distribution === null) throw new Error('the schedule draws no units');
    return distribution;
  };
  const probabilitiesOf = (schedule: Schedule, p: number, units: Units) =>
    rates(drawn(distributionOf(schedule, p, units)));

  it('stochastic depth has the survival of Huang et al., constant or falling with depth', () => {
    const { layers, constant, linear_decay } = tables.stochastic_depth;
    const units = layersOf(layers);
    expect(schedules['stochastic-depth'].distribution(linear_decay.last, units, settings)).toEqual({
      kind: 'independent',
      probabilities: linear_decay.survival,
    });
    expect(schedules.coto.distribution(0.5, units, settings)).toEqual({ kind: 'independent', probabilities: constant });
  });

  it('stochastic depth counts layers, not modules', () => {
    expect(
      schedules['stochastic-depth'].distribution(0, { count: 4, depth: [0, 0, 1, 1], layerCount: 2 }, settings),
    ).toEqual({
      kind: 'independent',
      probabilities: [0.5, 0.5, 0, 0],
    });
  });

  it('CoTo-H switches higher layers off more often, CoTo-L lower ones', () => {
    const high = probabilitiesOf(schedules['coto-h'], 0.4, layersOf(6));
    expect(high).toEqual(high.toSorted((left, right) => right - left));
    expect(high[0]).toBe(1);
    const low = probabilitiesOf(schedules['coto-l'], 0.4, layersOf(6));
    expect(low).toEqual(low.toSorted((left, right) => left - right));
    expect(low[5]).toBe(1);
  });

  it('nested uniform keeps rank i with probability (r − i + 1) / r', () => {
    const { r, keep_probability } = tables.nested_uniform;
    probabilitiesOf(schedules['nested-uniform'], 1, layersOf(r)).forEach((rate, rank) => {
      expect(Math.abs(rate - (keep_probability[rank] ?? Number.NaN))).toBeLessThan(0.015);
    });
  });

  it('LISA updates exactly its number of groups, each equally often', () => {
    const distribution = distributionOf(schedules.lisa, 0, layersOf(5));
    for (const mask of drawn(distribution, 'redraw', 2000)) expect(mask.reduce((sum, bit) => sum + bit, 0)).toBe(2);
    for (const rate of rates(drawn(distribution))) expect(Math.abs(rate - 0.4)).toBeLessThan(0.015);
  });
});

describe.each(['redraw', 'force-one'] as const)('the share of draws that a unit is on in, by %s', (allOff) => {
  it.each<[string, Distribution]>([
    ['independent units', { kind: 'independent', probabilities: [0.1, 0.5, 0.3, 0.9] }],
    ['units that are never on by themselves', uniform(4, 0)],
    ['the first units', { kind: 'nested', from: 'first', sizes: nestedSizes(0.4, 5) }],
    ['the last units', { kind: 'nested', from: 'last', sizes: nestedSizes(0.7, 5) }],
    ['a subset', { kind: 'subset', size: 2, count: 5 }],
    ['all units together', { kind: 'together', probability: 0.3, count: 4 }],
  ])('is that of many draws of %s', (_, distribution) => {
    const shares = unitShares(distribution, allOff);
    const seen = rates(drawn(distribution, allOff));
    expect(seen).toHaveLength(shares.length);
    seen.forEach((rate, unit) => {
      expect(Math.abs(rate - (shares[unit] ?? 0))).toBeLessThan(0.015);
    });
    expect(expectedShare(distribution, allOff)).toBeCloseTo(mean(shares), 12);
  });
});

describe('gates', () => {
  const none = { allOff: 'redraw', rescale: 'none' } as const;
  const rescaled = { allOff: 'redraw', rescale: 'inverse_survival' } as const;
  const normal = () => 0;

  it('are those of the mask without rescaling, and at p = 1', () => {
    expect(gatesOf(uniform(2, 0.5), Uint8Array.of(1, 0), none, normal)).toBeNull();
    expect(gatesOf(uniform(2, 1), Uint8Array.of(1, 1), rescaled, normal)).toBeNull();
    expect(gatesOf({ kind: 'noise', probabilities: [1, 1] }, Uint8Array.of(1, 1), none, normal)).toBeNull();
  });

  it('are the inverse of the probability to be on, the redraw included', () => {
    // Two units at p = 1/2: one of the three draws that are left has a given unit off.
    expect([...(gatesOf(uniform(2, 0.5), Uint8Array.of(1, 0), rescaled, normal) ?? [])]).toEqual([1.5, 0]);
    const together: Distribution = { kind: 'together', probability: 0.25, count: 2 };
    expect([...(gatesOf(together, Uint8Array.of(1, 1), rescaled, normal) ?? [])]).toEqual([4, 4]);
    expect([...(gatesOf(together, Uint8Array.of(0, 0), rescaled, normal) ?? [])]).toEqual([0, 0]);
  });

  it.each<[string, Distribution]>([
    ['CoTo', uniform(3, 0.4)],
    ['noise in place of CoTo', { kind: 'noise', probabilities: [0.4, 0.4, 0.4] }],
  ])('have the mean 1 and the variance (1 − q) / q of %s', (_, distribution) => {
    const random = RandomStream.seeded(4, 'coto');
    const q = 0.4 / (1 - 0.6 ** 3);
    const gates = Array.from({ length: 40_000 }, () => {
      const mask = drawUnits(distribution, 'redraw', () => random.uniform());
      return gatesOf(distribution, mask, rescaled, () => random.normal())?.[1] ?? 1;
    });
    expect(Math.abs(mean(gates) - 1)).toBeLessThan(0.02);
    expect(Math.abs(mean(gates.map((gate) => (gate - 1) ** 2)) - (1 - q) / q)).toBeLessThan(0.03);
  });
});
