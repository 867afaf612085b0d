import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { SubmittedPart, TargetProbe } from '../../../src-shared/domain/targets/target.ts';
import type { SendWatch } from './remote-bundle.ts';

/** Location and settings of a target. */
export interface TargetPlace {
  readonly host: string | null;
  readonly parameters: ParameterValues;
}

/** A run as the engine of a target sees it; one that the engine has forgotten is in no map. */
export interface EngineState {
  readonly state: 'waiting' | 'running' | 'ended' | 'cancelled';
  readonly node: string | null;
  readonly reason: string | null;
}

/** A target that is submitted to and followed. The result of a run is in its files, whatever the engine reports. */
export interface TargetEngine {
  probe(): Promise<TargetProbe>;
  /** Splits `indices` into submissions, e.g. arrays of the size that the scheduler accepts; starts nothing. */
  parts(name: string, indices: readonly number[]): Promise<SubmittedPart[]>;
  /** Starts a part, and answers the engine's id of it. @throws StudioError refused with the engine's own words */
  submit(folder: string, part: SubmittedPart): Promise<string>;
  /** Copies to its machines what they lack of a bundle; absent: they share the folder. */
  send?(folder: string, watch: SendWatch): Promise<void>;
  /** Copies back what came of a bundle since the last call; false where not every machine answers now. */
  fetch?(folder: string, signal?: AbortSignal): Promise<boolean>;
  /** Removes a result that was refused from its machines, where another attempt would find it. */
  setAside?(folder: string, runId: string): Promise<void>;
  /** Removes a bundle from its machines; absent: they share the folder. */
  remove?(folder: string): Promise<void>;
  /** Removes from its machines the inputs that no bundle there has any more; absent: they share the folder. */
  removeInputs?(): Promise<void>;
  /** The ids of those parts that were submitted, by name. Asked before a part is submitted that may have been already. */
  find(folder: string, parts: readonly SubmittedPart[]): Promise<ReadonlyMap<string, string>>;
  /** By index, asked at once for all parts; null where the engine does not answer now. */
  states(folder: string, parts: readonly SubmittedPart[]): Promise<ReadonlyMap<number, EngineState> | null>;
  /** Ends the parts, or only `indices` of them. Parts that have already ended stay unchanged. */
  cancel(folder: string, parts: readonly SubmittedPart[], indices?: readonly number[]): Promise<void>;
}

/** A place that a study's runs are submitted to, and followed at. */
export interface Target {
  readonly declaration: Declaration;
  /** True if the name includes a host: slurm:login1. */
  readonly takesHost: boolean;
  open(place: TargetPlace): TargetEngine;
}
