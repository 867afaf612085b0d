import { benchmarksStrings } from '../../strings/benchmarks.ts';

const kinds = new Map(Object.entries(benchmarksStrings.kinds));

/** What people call lm-eval's output types; its own name of one that is not known. */
export function kindWords(outputType: string): string {
  return kinds.get(outputType) ?? outputType;
}
