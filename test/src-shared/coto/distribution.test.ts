import { describe, expect, it } from 'vitest';
import {
  type AllOff,
  type Distribution,
  drawUnits,
  expectedShare,
  expectedSkippedShare,
  nestedSizes,
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
