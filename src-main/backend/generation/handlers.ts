import { errorText, StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { isOver } from '../../../src-shared/domain/jobs/job.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { taskDeclaration } from '../../../src-shared/tasks/index.ts';
import { sampling } from '../../engine/api/text.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireJob } from '../jobs/require-job.ts';
import { taskSettingsOn } from '../library/adapters/task-settings.ts';
import { requireModel, resolveModel } from '../library/models/models.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { embedTextsJob } from './embed-texts-job.ts';
import { generateJob } from './generate-job.ts';
import { resolveModelFor } from './resolve-model-for.ts';

const writer = {
  kinds: ['causal-lm', 'seq2seq-lm'],
  does: 'generate text',
  hint: 'Choose a language model, e.g. small-llama.',
} as const;

export function generationHandlers(services: HandlerServices): Handlers<NamesOf<'generation'>> {
  const { store, hub, queue, reader } = services;
  const found = new Map<string, boolean>();
  /** Readings that have not ended, by folder: requests at the same time share one, and no second reader starts for them. */
  const readings = new Map<string, ReturnType<typeof readAbilities>>();
  const readAbilities = (folder: string) => reader.read('abilities', { folder }).finally(() => readings.delete(folder));
  return {
    'generation.abilities': async ({ model: reference }) => {
      const { path: folder } = requireModel(store, reference);
      const reading = readings.get(folder) ?? readAbilities(folder);
      readings.set(folder, reading);
      try {
        return await reading;
      } catch (thrown) {
        return { problem: errorText(thrown), chat: false, defaults: { values: {}, note: null } };
      }
    },
    'generation.scorers': () => rewardAdapters(services, found),
    'generation.templates': ({ model }) => reader.read('templates', { folder: requireModel(store, model).path }),
    'generation.render': ({ model, ...prompt }) =>
      reader.read('render', { ...prompt, folder: requireModel(store, model).path }),
    'generation.start': async ({ kept, ...request }) => {
      checkedParameters(sampling, request.sampling);
      const isPair = request.prompt.kind === 'pair';
      const model = isPair
        ? await resolveModel(services, request.model)
        : await resolveModelFor(writer, services, request.model);
      const title = isPair ? `Compare answers with ${model.name}` : `Write with ${model.name}`;
      return queue.add(generateJob, { title, subjectId: null }, { request, kept });
    },
    'generation.remove': ({ id }) => {
      const job = requireJob(store, id);
      if (job.kind !== generateJob.kind && job.kind !== embedTextsJob.kind)
        throw new StudioError('refused', `"${job.title}" is not a generation.`);
      if (!isOver(job)) throw new StudioError('refused', `"${job.title}" has not ended.`, 'Cancel it first.');
      store.jobs.remove(id);
      hub.listChanged('jobs');
      return ok;
    },
  };
}

/** Ids of the adapters that give rewards. @param found what is known of adapters, whose files never change */
async function rewardAdapters(services: HandlerServices, found: Map<string, boolean>): Promise<string[]> {
  const { store } = services;
  const ids: string[] = [];
  for (const adapter of store.adapters.list()) {
    const isKnown = found.get(adapter.id);
    const isReward = isKnown ?? (await givesRewards(services, adapter));
    // A base that is missing may be added later.
    if (isReward !== null) found.set(adapter.id, isReward);
    if (isReward === true) ids.push(adapter.id);
  }
  return ids;
}

/** Null where the base of the adapter is missing or the adapter cannot be read. */
async function givesRewards(services: HandlerServices, adapter: AdapterRecord): Promise<boolean | null> {
  const model = adapter.modelId === null ? null : services.store.models.find(adapter.modelId);
  if (model === null) return null;
  try {
    const { task } = await taskSettingsOn(services, [adapter], model, null);
    return task !== 'auto' && taskDeclaration(task).playground === 'pair';
  } catch (thrown) {
    if (thrown instanceof StudioError) return null;
    throw thrown;
  }
}
