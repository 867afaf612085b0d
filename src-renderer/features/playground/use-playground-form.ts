import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { basesOf, noModelDefaults, requestOf } from './draft.ts';
import { showGeneration, usePlayground } from './playground-store.ts';

export interface PlaygroundInput {
  /** Language models only. */
  models: readonly ModelRecord[];
  adapters: readonly AdapterRecord[];
  catalog: Catalog | undefined;
  /** Whether a text is being generated, or is queued. */
  isWriting: boolean;
}

/** What the form of the playground shows and does: the draft, what fits the model, and what is missing before it can start. */
export function usePlaygroundForm({ models, adapters, catalog, isWriting }: PlaygroundInput) {
  const { draft } = usePlayground();
  const model = models.find(({ id }) => id === draft.modelId) ?? models[0];
  const fitting = adapters.filter(({ modelId }) => modelId === model?.id);
  const columns = draft.columns.filter((column) => column === null || fitting.some(({ id }) => id === column));
  const asked = useRequest('generation.abilities', { model: model?.id ?? '' }, { enabled: model !== undefined });
  const abilities = asked.data;
  const defaults = abilities?.defaults ?? noModelDefaults;
  const kind = abilities?.chat ? draft.kind : 'text';
  const request = requestOf({ ...draft, columns, kind }, model?.id ?? null, catalog?.sampling.parameters, defaults);
  const start = useAction('generation.start', {
    failureTitle: 'Nothing was generated',
    onSuccess: (job) => {
      const names = columns.map((column) => adapters.find(({ id }) => id === column)?.name ?? 'Base');
      if (typeof request !== 'string') showGeneration(job.id, request, names);
    },
  });
  // A request without the model's own settings would not be what the form shows once they are read.
  const missing = typeof request === 'string' ? request : asked.isPending ? 'The model is being read.' : null;
  const problem = abilities?.problem ?? missing;
  return {
    draft,
    model,
    fitting,
    columns,
    kind,
    bases: basesOf(defaults),
    /** Which of the model's settings are not valid and were left out. */
    defaultsNote: defaults.note,
    hasChat: abilities?.chat ?? false,
    /** Why this model cannot generate at all; null where it can. */
    modelProblem: abilities?.problem ?? null,
    /** Why it cannot start yet; null where it can. */
    problem,
    isStarting: start.isPending,
    maxNewTokens: typeof request === 'string' ? null : request.max_new_tokens,
    generate: () => {
      if (problem === null && typeof request !== 'string' && !isWriting) start.mutate(request);
    },
  };
}
