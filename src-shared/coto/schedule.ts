import type { CotoSettings } from '../domain/coto.ts';

/**
 * Activation probability p of every adapter group at optimizer step `step` (0-based) of `totalSteps`.
 *
 * Linear curve of the authors' code: min(final_p, initial_p + (final_p − initial_p) · t / ceil(stage1_ratio · T)).
 * If stage 1 has length 0, the schedule starts at `final_p`. Source: CoTo (ICML 2025, arXiv 2506.05713) and
 * its repository's README.
 */
export function activationProbability(settings: CotoSettings, step: number, totalSteps: number): number {
  const { initial_p: initial, final_p: final } = settings;
  const stage1Steps = stageOneSteps(settings, totalSteps);
  if (stage1Steps === 0) return final;
  const rate = initial + ((final - initial) * step) / stage1Steps;
  return final >= initial ? Math.min(final, rate) : Math.max(final, rate);
}

/** The first step (0-based) with p = `final_p`. */
export function stageOneSteps(settings: CotoSettings, totalSteps: number): number {
  return Math.ceil(settings.stage1_ratio * totalSteps);
}

/**
 * Mean of p over all steps: the expected share of active groups, which bounds what skipping adapters alone can save.
 */
export function meanActivationProbability(settings: CotoSettings, totalSteps: number): number {
  let sum = 0;
  for (let step = 0; step < totalSteps; step++) sum += activationProbability(settings, step, totalSteps);
  return totalSteps === 0 ? settings.final_p : sum / totalSteps;
}
