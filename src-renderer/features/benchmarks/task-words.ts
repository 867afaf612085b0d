import { benchmarksStrings } from '../../strings/benchmarks.ts';

const kinds = new Map(Object.entries(benchmarksStrings.kinds));

/** Returns the display name of an lm-eval output type; unknown types keep their own name. */
export function kindWords(outputType: string): string {
  return kinds.get(outputType) ?? outputType;
}
