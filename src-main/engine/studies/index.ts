import type { StudyConfig, StudyResult } from '../../../src-shared/domain/study.ts';
import { lambdaStudy } from './lambda.ts';
import { mergingStudy } from './merging.ts';
import { pruningStudy } from './pruning.ts';
import type { StudyEnvironment } from './study-kind.ts';

/** Every kind of study, in the order in which people see them. */
export const studyKinds = [lambdaStudy, pruningStudy, mergingStudy] as const;

/** Evaluation passes that a study needs, each over all its examples. */
export function studyPasses(config: StudyConfig): number {
  switch (config.kind) {
    case 'lambda':
      return lambdaStudy.passes(config);
    case 'pruning':
      return pruningStudy.passes(config);
    case 'merging':
      return mergingStudy.passes(config);
  }
}

export function runStudy(config: StudyConfig, environment: StudyEnvironment): Promise<StudyResult> {
  switch (config.kind) {
    case 'lambda':
      return lambdaStudy.run(config, environment);
    case 'pruning':
      return pruningStudy.run(config, environment);
    case 'merging':
      return mergingStudy.run(config, environment);
  }
}
