import type { JobRecord } from '../../src-shared/domain/job.ts';
import { pathOf } from './routes.tsx';

/** Where a job's result is looked at. */
export function jobPath(job: JobRecord): string {
  switch (job.kind) {
    case 'train':
      return job.subjectId ? pathOf('runs', job.subjectId) : '/runs';
    case 'study':
      return job.subjectId ? pathOf('studies', job.subjectId) : '/studies';
    case 'merge':
      return '/merge';
    case 'prune':
      return '/prune';
    case 'report':
      return '/reports';
    case 'pretrain':
    case 'convert':
    case 'download':
      return job.status === 'completed' && job.subjectId ? pathOf('models', job.subjectId) : '/models';
    case 'import':
      return job.status === 'completed' && job.subjectId ? pathOf('data', job.subjectId) : '/data';
    case 'generate':
      return '/playground';
    case 'evaluate':
    case 'export':
      return '/home';
  }
}
