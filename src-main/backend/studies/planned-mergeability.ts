import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PairsOfAdapters } from '../../../src-shared/domain/merging/mergeability.ts';
import type { MergeabilitySpec } from '../../../src-shared/domain/studies/plan.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { commonModel } from '../library/adapters/adapter-base.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { pairsKey } from '../library/content-keys.ts';
import { type MergeabilityMap, mergeabilityJob } from './mergeability-job.ts';
import type { PrepareWork } from './planned-work.ts';

/** The maps of mergeability of a plan; each distinct missing one is computed once. */
export const plannedMergeability: PrepareWork<PairsOfAdapters> = async (services, specs, trained) => {
  const { store, queue } = services;
  const maps: { readonly modelId: string; readonly map: MergeabilityMap }[] = [];
  for (const spec of specs) {
    if (spec.kind !== 'mergeability') continue;
    const adapters = adaptersOf(services, spec, trained);
    const model = commonModel(store, adapters);
    const { key, title, names, seed } = spec;
    const content = await pairsKey(services, { model, adapters, names, seed });
    const adapterIds = adapters.map(({ id }) => id);
    const map = { key, title, names, seed, adapterIds, contentKey: content.key, content: content.content };
    maps.push({ modelId: model.id, map });
  }
  const missing = maps.filter(({ map }) => store.contents.findPairs(map.contentKey) === null);
  return {
    parts: [...Map.groupBy(missing, ({ modelId }) => modelId)].map(
      ([modelId, members]) =>
        (jobId) =>
          queue.add(
            mergeabilityJob,
            { title: 'Compare adapters pair by pair', subjectId: null, parentId: jobId },
            { modelId, maps: members.map(({ map }) => map) },
          ),
    ),
    resultOf(key) {
      const contentKey = maps.find(({ map }) => map.key === key)?.map.contentKey ?? '';
      const pairs = store.contents.findPairs(contentKey);
      if (pairs === null) throw new RangeError(`The plan has no map of mergeability "${key}".`);
      return pairs;
    },
  };
};

function adaptersOf(
  { store }: Pick<HandlerServices, 'store'>,
  { subjects }: MergeabilitySpec,
  trained: ReadonlyMap<string, AdapterRecord>,
): AdapterRecord[] {
  return subjects.map((subject) => {
    if (subject.kind === 'adapter') return resolveReference(store, subject.adapter);
    const adapter = subject.kind === 'trained' ? trained.get(subject.training) : undefined;
    if (adapter === undefined) throw new StudioError('internal', 'Only adapters can be compared pair by pair.');
    return adapter;
  });
}
