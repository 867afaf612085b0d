import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { Submission } from '../../../src-shared/domain/targets/target.ts';
import type { Services } from '../services/services.ts';

/** @throws StudioError not_found */
export function requireStudy(store: Services['store'], id: string): StudyRecord {
  const study = store.studies.find(id);
  if (study === null) throw new StudioError('not_found', `There is no study "${id}" in the studio.`);
  return study;
}

/** Returns the submissions of a study whose runs may still run on a target. */
export function openSubmissions({ store }: Pick<Services, 'store'>, studyId: string): Submission[] {
  return store.submissions.list(studyId).filter(({ status }) => status === 'open');
}
