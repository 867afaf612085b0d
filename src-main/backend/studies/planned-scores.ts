import type { Score } from '../../../src-shared/domain/studies/plan.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import { scoreKey } from '../library/content-keys.ts';
import type { PrepareWork } from './planned-work.ts';
import { groupEvaluations, resolveEvaluations } from './resolve-evaluations.ts';
import { scoreJob } from './score-job.ts';

/** The scores of a plan; each distinct missing one is computed once. */
export const plannedScores: PrepareWork<Score> = async (services, specs, trained) => {
  const { contents } = services.store;
  const scores = await resolveEvaluations(
    services,
    specs.filter((spec) => spec.kind === 'score'),
    trained,
    (content) => scoreKey(services, content),
  );
  const isMeasured = forgettingField(services).forgetting !== undefined;
  const missing = new Map<string, (typeof scores)[number]>();
  for (const one of scores) {
    const { contentKey, forgetting } = one.spec;
    const known = contents.findScore(contentKey);
    const lacksForgetting = isMeasured && forgetting !== false && known?.forgetting === undefined;
    if (known !== null && !lacksForgetting) continue;
    // The same content may be a point of a curve and a row of a table.
    if (missing.get(contentKey)?.spec.forgetting === false || !missing.has(contentKey)) missing.set(contentKey, one);
  }
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
