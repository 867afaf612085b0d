import type { CotoSettings } from '../domain/runs/coto.ts';
import type { Curve } from './curves/curve.ts';
import { curves } from './curves/index.ts';

/**
 * Probability p at optimizer step `step` (0-based) of `totalSteps`: initial_p + (final_p − initial_p) · rise(x), where x is
 * the share of stage 1 that is over, t / ceil(stage1_ratio · T), at most 1. With the linear curve this is the authors'
 * min(final_p, …). If stage 1 has length 0, the schedule starts at `final_p`. Source: CoTo (ICML 2025, arXiv 2506.05713)
 * and its repository's README.
 */
export function activationProbability(settings: CotoSettings, step: number, totalSteps: number): number {
  const { initial_p: initial, final_p: final, reversed } = settings;
  const curve: Curve = curves[settings.curve];
  const stage1Steps = stageOneSteps(settings, totalSteps);
  const place = reversed ? totalSteps - 1 - step : step;
  const rise = curve.rise(stage1Steps === 0 ? 1 : Math.min(1, place / stage1Steps), settings);
  return rise === 1 ? final : initial + (final - initial) * rise;
}

/** Length of stage 1, after which p is `final_p`. */
export function stageOneSteps(settings: Pick<CotoSettings, 'stage1_ratio'>, totalSteps: number): number {
  return Math.ceil(settings.stage1_ratio * totalSteps);
}

/** Mean of p over all steps. */
export function meanActivationProbability(settings: CotoSettings, totalSteps: number): number {
  let sum = 0;
  for (let step = 0; step < totalSteps; step++) sum += activationProbability(settings, step, totalSteps);
  return totalSteps === 0 ? settings.final_p : sum / totalSteps;
}
