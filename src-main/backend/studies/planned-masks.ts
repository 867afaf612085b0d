import type { MaskTable } from '../../../src-shared/domain/evaluation/mask-table.ts';
import type { MasksSpec } from '../../../src-shared/domain/studies/plan.ts';
import { chosenMasks } from '../../../src-shared/statistics/mask-choice.ts';
import { maskGroups } from '../../engine/api/tasks.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { maskTableKey } from '../library/content-keys.ts';
import { masksJob } from './masks-job.ts';
import type { PrepareWork } from './planned-work.ts';
import { groupEvaluations, resolveEvaluations } from './resolve-evaluations.ts';
import type { AdapterSource, HomeStudyAdapters } from './study-adapters.ts';

/** The tables of masks of a plan; of an unfinished one only the missing masks are evaluated. */
export const plannedMasks: PrepareWork<MaskTable> = async (services, specs, trained) => {
  const tables = await resolveEvaluations(
    services,
    specs.filter((spec) => spec.kind === 'masks'),
    trained,
    (content, { unit }) => maskTableKey(services, content, unit),
  );
  const missing = tables.filter(({ spec }) => !isComplete(services, spec));
  const byKey = new Map(tables.map(({ spec }) => [spec.key, spec]));
  return {
    parts: groupEvaluations(missing).map(
      (group) => (jobId) =>
        services.queue.add(
          masksJob,
          { title: `Evaluate subsets of ${group.specs.length} adapters`, subjectId: null, parentId: jobId },
          group,
        ),
    ),
    resultOf(key) {
      const spec = byKey.get(key);
      const outline = services.store.contents.findMaskOutline(spec?.contentKey ?? '');
      if (spec === undefined || outline === null) throw new RangeError(`The plan has no table of masks "${key}".`);
      const wanted = new Set(chosenMasks(spec.masks, outline.groups.length));
      const scores = services.store.contents.maskScores(spec.contentKey).filter(({ mask }) => wanted.has(mask));
      return { ...outline, scores };
    },
  };
};

/**
 * Checks before a study begins that the masks of an adapter can be chosen.
 * @throws StudioError refused for a single group, too many for all masks, or a budget too small to sample
 */
export async function checkPlannedMasks(
  facts: HomeStudyAdapters,
  source: AdapterSource,
  { unit, masks }: MasksSpec,
): Promise<void> {
  const { description } = await facts.baseOf([source]);
  const outline = await facts.shapeOf(source, description);
  chosenMasks(masks, maskGroups(outline, description, unit).length);
}

function isComplete(
  { store }: Pick<HandlerServices, 'store'>,
  { contentKey, masks }: MasksSpec & { readonly contentKey: string },
): boolean {
  const outline = store.contents.findMaskOutline(contentKey);
  if (outline === null) return false;
  const known = Map.groupBy(store.contents.maskScores(contentKey), ({ mask }) => mask);
  return chosenMasks(masks, outline.groups.length).every((mask) => known.get(mask)?.length === outline.blocks);
}
