import { coto } from './coto.ts';
import { cotoH } from './coto-h.ts';
import { cotoL } from './coto-l.ts';
import { gateNoise } from './gate-noise.ts';
import { lisa } from './lisa.ts';
import { nestedHighToLow } from './nested-high-to-low.ts';
import { nestedLowToHigh } from './nested-low-to-high.ts';
import { nestedUniform } from './nested-uniform.ts';
import { progressiveDropout } from './progressive-dropout.ts';
import { randomRanks } from './random-ranks.ts';
import type { Schedule } from './schedule.ts';
import { sharedGate } from './shared-gate.ts';
import { stochasticDepth } from './stochastic-depth.ts';

export type { Schedule } from './schedule.ts';

/** All schedules by id, in display order. */
export const schedules = {
  coto,
  'coto-h': cotoH,
  'coto-l': cotoL,
  'stochastic-depth': stochasticDepth,
  'shared-gate': sharedGate,
  'gate-noise': gateNoise,
  lisa,
  'random-ranks': randomRanks,
  'nested-uniform': nestedUniform,
  'nested-high-to-low': nestedHighToLow,
  'nested-low-to-high': nestedLowToHigh,
  'progressive-dropout': progressiveDropout,
} satisfies Readonly<Record<string, Schedule>>;
