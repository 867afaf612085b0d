import type { Declaration } from '../../domain/parameter.ts';
import { type AllOff, type Distribution, expectedShare } from '../distribution.ts';

/**
 * What a schedule switches. `group`: the adapters of a layer or a module; an off group is the frozen base alone.
 * `update`: the groups whose adapters are updated; all stay on in the forward pass. `rank`: ranks of every adapter.
 * `input`: single entries of the adapters' inputs, by dropout with probability 1 − p.
 */
export type SwitchedUnit = 'group' | 'update' | 'rank' | 'input';

/** Settings of a run that a schedule may use. */
export interface ScheduleSettings {
  readonly lisa_activated_layers: number;
  readonly lisa_interval_steps: number;
}

/** The units of a model, from the input up. */
export interface Units {
  readonly count: number;
  /** Layer of each group, counted from 0 at the input over the adapted layers; of ranks, their own number. */
  readonly layers: readonly number[];
}

/** A rule for what is on in a step: one file and one line of the list. */
export interface Schedule {
  readonly declaration: Omit<Declaration, 'parameters'>;
  readonly unit: SwitchedUnit;
  /** Whether p(t) matters, and with it the curve and its settings. */
  readonly usesCurve: boolean;
  /** Whether independent draws may switch everything off, so that `all_off` matters. */
  readonly usesAllOff: boolean;
  /** Names of its own settings. */
  readonly ownSettings: readonly (keyof ScheduleSettings)[];
  /** Number of steps that share one draw; 1 by default. */
  interval?(settings: ScheduleSettings): number;
  /** Which units are on, at the probability `p` of the curve; null where entries of the input are drawn. */
  distribution(p: number, units: Units, settings: ScheduleSettings): Distribution | null;
}

/** @returns the position of each unit's layer among the layers, and the number of layers. */
export function depths({ layers }: Units): { depth: number[]; count: number } {
  const all = [...new Set(layers)].sort((left, right) => left - right);
  return { depth: layers.map((layer) => all.indexOf(layer)), count: all.length };
}

/** The expected share of what is on, as far as a single number can tell: p itself where the curve gives it. */
export function drawnProbability(
  { usesCurve }: Pick<Schedule, 'usesCurve'>,
  p: number,
  distribution: Distribution | null,
  allOff: AllOff,
): number {
  return usesCurve || distribution === null ? p : expectedShare(distribution, allOff);
}
