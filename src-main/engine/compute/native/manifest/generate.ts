import { declarations, kernelTable, methods, tableOfSet } from './generate-cpp.ts';
import { kernelCalls } from './generate-typescript.ts';

/** The files generated from the manifest, by path from src-main/engine/compute/native. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['cpp/kernels/kernels.generated.h', kernelTable()],
    ['cpp/kernels/declarations.generated.h', declarations()],
    ['cpp/kernels/table.generated.cc', tableOfSet()],
    ['cpp/methods.generated.h', methods()],
    ['kernel-calls.generated.ts', kernelCalls()],
  ]);
}
