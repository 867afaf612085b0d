import { expect } from 'vitest';
import type { PairsOf } from '../../../src-main/engine/studies/define-study-work.ts';
import { studyWork } from '../../../src-main/engine/studies/index.ts';
import {
  type JobSpec,
  leavesOf,
  type Score,
  type ScoreSpec,
  type TrainingSpec,
} from '../../../src-shared/domain/studies/plan.ts';
import { type StudyConfig, studyConfigSchema } from '../../../src-shared/studies/index.ts';

/**
 * Does a study in its rounds, as an executor would; `score` sees the configs of the trainings behind a subject. Every key is a
 * new one, and the subjects of a score are trained before it.
 */
export function studiedInRounds(
  given: object,
  score: (spec: ScoreSpec, runs: TrainingSpec[]) => Score,
  pairsOf?: PairsOf,
) {
  const config: StudyConfig = studyConfigSchema.parse(given);
  const work = studyWork(config.kind);
  const trainings = new Map<string, TrainingSpec>();
  const scores = new Map<string, Score>();
  const rounds: JobSpec[][] = [];
  const scoreOf = (key: string): Score => {
    const found = scores.get(key);
    if (found === undefined) throw new RangeError(`no score ${key}`);
    return found;
  };
  for (let specs = work.plan(config); specs.length > 0; specs = work.next(config, scoreOf, rounds.length)) {
    rounds.push(specs);
    for (const spec of specs) {
      if (spec.kind !== 'train') continue;
      expect(trainings.has(spec.key)).toBe(false);
      trainings.set(spec.key, spec);
    }
    for (const spec of specs) {
      if (spec.kind !== 'score') continue;
      expect(scores.has(spec.key)).toBe(false);
      const runs = leavesOf(spec.subject).map((leaf) => {
        const found = leaf.kind === 'trained' ? trainings.get(leaf.training) : undefined;
        if (found === undefined) throw new RangeError('no training');
        return found;
      });
      scores.set(spec.key, score(spec, runs));
    }
  }
  return { config, result: work.fold(config, scoreOf, undefined, pairsOf), rounds };
}
