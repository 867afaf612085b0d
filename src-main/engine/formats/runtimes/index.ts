import type { RuntimeVerdict } from '../../../../src-shared/domain/app/runtime.ts';
import { llamaCpp } from './llama-cpp.ts';
import { lmStudio } from './lm-studio.ts';
import { mlxLm } from './mlx-lm.ts';
import { ollama } from './ollama.ts';
import type { Runtime, RuntimeFacts } from './runtime.ts';
import { vllm } from './vllm.ts';

/** Programs of which an adapter's card says whether they load it. */
export const runtimes: readonly Runtime[] = [vllm, llamaCpp, ollama, lmStudio, mlxLm];

/** Checks each program's support for the adapter, with advice. */
export function checkRuntimes(facts: RuntimeFacts): RuntimeVerdict[] {
  return runtimes.map(({ id, label, source, check }) => ({ id, label, source, ...check(facts) }));
}
