import type { ParameterSpec } from '../../../../src-shared/domain/parameter.ts';
import { type RunConfig, runParameters } from '../../../../src-shared/domain/run.ts';

/** Settings of the run that an optimizer reads, as the run declares them. */
export function parametersOfRun(...names: (keyof RunConfig)[]): ParameterSpec[] {
  return names.flatMap((name) => runParameters.filter((spec) => spec.name === name));
}
