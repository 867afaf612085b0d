import type { Declaration } from '../../domain/parameters/parameter.ts';
import { type AllOff, type Distribution, expectedShare } from '../distribution.ts';

/**
 * Unit that a schedule switches. `group`: the adapters of a layer or module; an off group is the frozen base alone.
 * `update`: groups whose adapters are updated; all stay on in the forward pass. `rank`: ranks of every adapter.
 * `input`: single entries of the adapters' inputs, by dropout with probability 1 − p.
 */
export type SwitchedUnit = 'group' | 'update' | 'rank' | 'input';

/** Returns true if the schedule switches whole groups rather than parts of every adapter. */
export function switchesGroups(unit: SwitchedUnit): boolean {
  return unit === 'group' || unit === 'update';
}

/** Returns true if the schedule switches units off in the forward pass, so that `rescale` has an effect. */
export function canRescale({ unit, isNoise = false }: Pick<Schedule, 'unit' | 'isNoise'>): boolean {
  return (unit === 'group' || unit === 'rank') && !isNoise;
}

/** Settings of a run that a schedule may use. */
export interface ScheduleSettings {
  readonly lisa_activated_layers: number;
  readonly lisa_interval_steps: number;
}

/** The units of a model, from the input up. */
export interface Units {
  readonly count: number;
  /** Position of each unit's layer among the adapted layers, from 0 at the input. */
  readonly depth: readonly number[];
  /** Number of adapted layers. */
  readonly layerCount: number;
}

/** A rule for what is on in a step: one file and one line of the list. */
export interface Schedule {
  readonly declaration: Omit<Declaration, 'parameters'>;
  /** Id of earlier versions: files with it are read, and keys of content contain it. */
  readonly formerId?: string;
  readonly unit: SwitchedUnit;
  /** True if p(t), and so the curve and its settings, has an effect. */
  readonly usesCurve: boolean;
  /** True if independent draws may switch everything off, so that `all_off` has an effect. */
  readonly usesAllOff: boolean;
  /** True if the gates are noise around 1: no unit is ever off. */
  readonly isNoise?: boolean;
  /** Names of its own settings. */
  readonly ownSettings: readonly (keyof ScheduleSettings)[];
  /** Number of steps that share one draw; 1 by default. */
  interval?(settings: ScheduleSettings): number;
  /**
   * Returns the distribution of active units at the probability `p` of the curve; null if entries of the input are
   * drawn.
   */
  distribution(p: number, units: Units, settings: ScheduleSettings): Distribution | null;
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

/** Returns true if every unit is drawn by itself, with the probability p of the curve. */
export function drawsUniformly(
  { distribution }: Pick<Schedule, 'distribution'>,
  units: Units,
  settings: ScheduleSettings,
): boolean {
  const drawn = distribution(0.5, units, settings);
  return drawn?.kind === 'independent' && drawn.probabilities.every((probability) => probability === 0.5);
}
