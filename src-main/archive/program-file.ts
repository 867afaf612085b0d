import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Programs that run in threads and processes of their own: their sources, and their files in the build. */
const programs = {
  'engine-worker': { source: '../engine/worker.ts', built: 'engine/worker.mjs' },
  'engine-process': { source: '../engine/process.ts', built: 'engine/process.mjs' },
  'setup-tensorflow': { source: '../engine/setup-tensorflow.ts', built: 'engine/setup-tensorflow.mjs' },
  reader: { source: '../backend/reader/entry.ts', built: 'backend/reader.mjs' },
  'check-worker': { source: '../store/check-worker.ts', built: 'backend/check-worker.mjs' },
} as const;

/**
 * Returns the file of a program: a source if this module is one, else the build's. Sources start the programs of the
 * build in COTO_BUILT_PROGRAMS, if it is set: a source of one program has hundreds of modules, each start reads them
 * all, and `npm test` starts programs more than a thousand times.
 */
export function programFile(program: keyof typeof programs): URL {
  const { source, built } = programs[program];
  // A built module lies one folder below the build's.
  if (!import.meta.url.endsWith('.ts')) return new URL(`../${built}`, import.meta.url);
  const build = process.env['COTO_BUILT_PROGRAMS'];
  return build ? pathToFileURL(join(build, built)) : new URL(source, import.meta.url);
}
