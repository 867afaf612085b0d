import type { ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';
import { type RunConfig, runParameters } from '../../../src-shared/domain/runs/run.ts';

/** The run's settings that an optimizer reads. */
export function parametersOfRun(...names: (keyof RunConfig)[]): ParameterSpec[] {
  return names.flatMap((name) => runParameters().filter((spec) => spec.name === name));
}
