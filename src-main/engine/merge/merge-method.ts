import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { AdapterState } from '../adapters/state.ts';

/**
 * One way to make one adapter, or one prediction, of several. Weights stand in the order of the states. States are never
 * changed; sums run in double precision and are rounded once.
 */
export interface MergeMethod {
  readonly declaration: Declaration;
  /** `adapter`: writes a PEFT folder. `outputs`: averages what several forward passes say; nothing to store. */
  readonly makes: 'adapter' | 'outputs';
  /** Every check, passed or not, in the order in which it is shown. `names`: how sentences call the adapters. */
  preflight(
    states: readonly AdapterState[],
    weights: readonly number[],
    parameters: ParameterValues,
    names?: readonly string[],
  ): PreflightLine[];
  /** @throws StudioError refused with the first check that does not pass, or because outputs cannot be stored. */
  merge(states: readonly AdapterState[], weights: readonly number[], parameters: ParameterValues): AdapterState;
}

/** What a method's file says; checks and parameters are handled for all alike. */
export interface MergeDefinition {
  readonly declaration: Declaration;
  readonly needs: {
    readonly equalRanks: boolean;
    readonly equalTargets: boolean;
    readonly negativeWeights: boolean;
    /** The adapters must be B·A alone: no magnitudes, no biases. */
    readonly factorsAlone: boolean;
    /** The weights are divided by their sum, which must not be zero; may depend on a parameter. */
    normalized(parameters: ParameterValues): boolean;
  };
  merge(states: readonly AdapterState[], weights: readonly number[], parameters: ParameterValues): AdapterState;
}

/** @throws StudioError refused with the message of the first refused line, if there is one. */
export function refuseIllegal(lines: readonly PreflightLine[]): void {
  const refused = lines.find((line) => line.verdict === 'refused');
  if (refused) throw new StudioError('refused', refused.message, refused.remedy);
}

/** Adapters of weight zero have no part in a merge: so the ends of a λ line are the adapters themselves. */
export function withoutZeroWeights(
  states: readonly AdapterState[],
  weights: readonly number[],
): { states: AdapterState[]; weights: number[] } {
  const used = states.map((_, index) => index).filter((index) => weights[index] !== 0);
  return {
    states: used.flatMap((index) => states[index] ?? []),
    weights: used.map((index) => weights[index] ?? 0),
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
