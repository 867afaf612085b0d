import { fileURLToPath } from 'node:url';

/** Programs of the benches: from this folder in the sources, and where the build has them, next to the engine. */
const programs = {
  bench: { source: './worker.ts', built: '../engine/bench.mjs' },
  card: { source: './gpu/worker.ts', built: '../engine/gpu-proof.mjs' },
  pytorch: { source: './peers/pytorch.py', built: '../engine/peers/pytorch.py' },
} as const;

/** The file of a program, from the sources or from the build, as this module was loaded. */
export function programFile(program: keyof typeof programs): string {
  const { source, built } = programs[program];
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? source : built, import.meta.url));
}
