import { z } from 'zod';
import { defineJob } from '../jobs/define-job.ts';
import { packageStudy } from './study-package.ts';
import { requireStudy } from './study-records.ts';

/** Writes a finished study as a folder to publish. */
export const packageStudyJob = defineJob({
  kind: 'package-study',
  payload: z.object({ studyId: z.string(), path: z.string() }),
  references: () => [],
  writesTo: ({ path }) => path,
  async execute({ studyId, path }, context, services) {
    const study = requireStudy(services.store, studyId);
    const result = await packageStudy(services, study, path, context);
    const message = [`"${study.name}" packaged in ${path}.`, ...result.notes].join(' ');
    return { status: 'completed', result, message, path };
  },
});
