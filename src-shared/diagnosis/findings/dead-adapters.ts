import { formatCount, plural } from '../../format/numbers.ts';
import { type Finding, type Found, hasEnded, type RunEvidence } from '../finding.ts';

/** Fewer steps may leave a group out by chance of the schedule. */
const minSteps = 20;
const shownGroups = 3;
const gradients = 'grad_norm/';

export const deadAdapters: Finding = {
  id: 'dead-adapters',
  label: 'Adapters that never learned',
  severity: 'problem',
  curves: [gradients],
  impliedBy: ['diverged'],
  find(evidence) {
    if (!hasEnded(evidence)) return null;
    const groups = evidence.run.facts?.groups ?? [];
    const [off, flat] = [neverOn(evidence), withoutGradient(evidence)];
    const dead = off.length > 0 ? off : flat;
    if (dead.length === 0) return null;
    const names = dead.slice(0, shownGroups).join(', ') + (dead.length > shownGroups ? ', …' : '');
    const of = `${formatCount(dead.length)} of ${plural(groups.length, 'group')} (${names})`;
    return off.length > 0
      ? {
          evidence: `The schedule never switched on ${of}.`,
          advice: 'Train again without CoTo, so that every adapter takes part in each step.',
          changes: { coto: null },
        }
      : {
          evidence: `The gradient of ${of} was 0 in every recorded step.`,
          ...withoutGroups(evidence, dead),
        };
  },
};

/** Trains the other groups alone, which has the same result in less time; no setting does where there are none. */
function withoutGroups(
  { run: { facts, config } }: RunEvidence,
  dead: readonly string[],
): Pick<Found, 'advice' | 'changes'> {
  const others = (facts?.groups ?? []).filter((group) => !dead.includes(group));
  const layers = others.flatMap((group) => /^layers\.(\d+)$/.exec(group)?.[1] ?? []).map(Number);
  const excluded = config.adapter.exclude_modules ?? [];
  if (others.length === 0) return { advice: 'Choose other target_modules: the loss does not depend on these.' };
  if (layers.length === others.length)
    return {
      advice: 'Train the other layers alone: the loss does not depend on these.',
      changes: { 'adapter.layers_to_transform': layers },
    };
  const advice = 'Leave these modules out: the loss does not depend on them.';
  return typeof excluded === 'string'
    ? { advice }
    : { advice, changes: { 'adapter.exclude_modules': [...excluded, ...dead] } };
}

/** Groups that no mask of the run has on. */
function neverOn({ run: { facts }, masks }: RunEvidence): string[] {
  if (masks === null || facts === null || facts.maskRows.length > 0 || masks.groupCount !== facts.groups.length)
    return [];
  const steps = masks.counts.reduce((sum, count) => sum + count, 0);
  if (steps < minSteps) return [];
  return facts.groups.filter((_, group) =>
    masks.counts.every((_, bucket) => masks.on[bucket * masks.groupCount + group] === 0),
  );
}

/** Groups whose gradient was exactly 0 whenever it was recorded. */
function withoutGradient({ run: { facts }, curves }: RunEvidence): string[] {
  return (facts?.groups ?? []).filter((group) => {
    const curve = curves.get(gradients + group);
    const count = curve?.counts.reduce((sum, one) => sum + one, 0) ?? 0;
    return curve !== undefined && count >= minSteps && curve.max.every((value) => value === 0);
  });
}
