import type { Score } from '../../../src-shared/domain/plan.ts';
import { scoreJob } from '../jobs/score.ts';
import { scoreKey } from './content-keys.ts';
import type { PrepareWork } from './planned-work.ts';
import { groupEvaluations, resolveEvaluations } from './resolve-evaluations.ts';

/** The scores of a plan; each distinct missing one is computed once. */
export const plannedScores: PrepareWork<Score> = async (services, specs, trained) => {
  const { contents } = services.store;
  const scores = await resolveEvaluations(
    services,
    specs.filter((spec) => spec.kind === 'score'),
    trained,
    (content) => scoreKey(services, content),
  );
  const missing = new Map(
    scores
      .filter(({ spec }) => contents.findScore(spec.contentKey) === null)
      .map((one) => [one.spec.contentKey, one] as const),
  );
  const byKey = new Map(scores.map(({ spec }) => [spec.key, spec.contentKey]));
  return {
    parts: groupEvaluations([...missing.values()]).map(
      (group) => (jobId) =>
        services.queue.add(
          scoreJob,
          { title: `Evaluate ${group.specs.length} adapters`, subjectId: null, parentId: jobId },
          group,
        ),
    ),
    resultOf(key) {
      const score = contents.findScore(byKey.get(key) ?? '');
      if (score === null) throw new RangeError(`The plan has no score "${key}".`);
      return score;
    },
  };
};
