import { z } from 'zod';
import { studyConfigSchema } from '../../../src-shared/studies/index.ts';
import { byteProgress } from '../../files/byte-progress.ts';
import { defineJob } from '../jobs/define-job.ts';
import { pythonRuns } from './python-runs.ts';
import { writeBundle } from './write-bundle.ts';

/** Writes a study's bundle. Nothing is left of one that was cancelled. */
export const bundleJob = defineJob({
  kind: 'bundle',
  payload: z.object({
    config: studyConfigSchema,
    name: z.string(),
    path: z.string(),
    inputsInPlace: z.boolean(),
    python: z.boolean().default(false),
  }),
  references: () => [],
  writesTo: ({ path }) => path,
  async execute({ path, python, ...given }, context, services) {
    const wish = python ? { ...given, python: pythonRuns(services, context) } : given;
    const onBytes = byteProgress(`Hashing what ${wish.name} needs`, context.progress);
    const { id, name, jobs } = await writeBundle(services, path, wish, { signal: context.abort, onBytes });
    return { status: 'completed', result: { id, name, jobs, folder: path }, message: null };
  },
});
