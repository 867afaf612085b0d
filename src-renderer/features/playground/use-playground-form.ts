import { useDebouncedValue } from '@mantine/hooks';
import { useMemo } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import { type ModelRecord, writesText } from '../../../src-shared/domain/models/model.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import { classifiesImages } from '../adapters/playground-path.ts';
import { basesOf, noModelDefaults, requestOf, saidMessages } from './draft.ts';
import { changeDraft, showGeneration, usePlayground } from './playground-store.ts';
import { useChatKeeping } from './use-chats.ts';

const words = playgroundStrings.prompt;

export interface PlaygroundInput {
  /** Language models, image classifiers, and encoders with reward adapters. */
  models: readonly ModelRecord[];
  adapters: readonly AdapterRecord[];
  catalog: Catalog | undefined;
  /** True if a text is being generated or queued. */
  isWriting: boolean;
}

/** The model that is tried, its adapters, and the columns that fit it. */
export function useTriedModel({ models, adapters }: Pick<PlaygroundInput, 'models' | 'adapters'>) {
  const { draft } = usePlayground();
  const model = models.find(({ id }) => id === draft.modelId) ?? models[0];
  const own = adapters.filter(({ modelId }) => modelId === model?.id);
  const scorers = useRequest('generation.scorers', {}).data ?? [];
  const canCompare = own.some(({ id }) => scorers.includes(id));
  const isWriter = model !== undefined && writesText(model.description);
  // A model that writes no text has adapters that compare two answers, and nothing else to try.
  const isPair =
    canCompare && (draft.kind === 'pair' || (model !== undefined && !isWriter && !classifiesImages(model)));
  const kind = isPair ? 'pair' : draft.kind === 'pair' ? 'text' : draft.kind;
  const fitting = isPair ? own.filter(({ id }) => scorers.includes(id)) : own;
  const fits = (id: string | null) => (id === null ? !isPair : fitting.some((adapter) => adapter.id === id));
  const columns = draft.columns.filter(fits);
  const nameOf = (id: string | null) => fitting.find((adapter) => adapter.id === id)?.name ?? playgroundStrings.base;
  const kinds = [...(isWriter ? (['text', 'chat'] as const) : []), ...(canCompare ? (['pair'] as const) : [])];
  return { model, fitting, columns, nameOf, kind, kinds } as const;
}

/**
 * State and actions of the Playground form: the draft, the fitting adapters, and what is missing before it can start.
 */
export function usePlaygroundForm(input: PlaygroundInput) {
  const { catalog, isWriting } = input;
  const { draft } = usePlayground();
  const { model, fitting, columns, nameOf, kind, kinds } = useTriedModel(input);
  const keep = useChatKeeping();
  const asked = useRequest('generation.abilities', { model: model?.id ?? '' }, { enabled: model !== undefined });
  const abilities = asked.data;
  const defaults = abilities?.defaults ?? noModelDefaults;
  const shown = { ...draft, kind, columns, modelId: model?.id ?? null };
  const request = requestOf(shown, shown.modelId, catalog?.sampling.parameters, defaults);
  const start = useAction('generation.start', {
    failureTitle: words.failed,
    onSuccess: (job) => {
      if (typeof request === 'string') return;
      showGeneration(job.id, request, columns.map(nameOf));
      // The model that was shown by default is part of the chat from now on.
      changeDraft({ modelId: shown.modelId, columns, kind });
      keep(shown, []);
    },
  });
  const templateProblem = useTemplateProblem(model?.id, abilities?.chat ?? true);
  // A request without the model's own settings would not be what the form shows once they are read.
  const missing = typeof request === 'string' ? request : asked.isPending ? words.reading : null;
  const problem = abilities?.problem ?? missing ?? templateProblem;
  return {
    draft,
    model,
    fitting,
    columns,
    kind,
    kinds,
    bases: basesOf(defaults),
    /** Invalid settings of the model that were left out. */
    defaultsNote: defaults.note,
    /** Reason why this model cannot generate at all; null if it can. */
    modelProblem: abilities?.problem ?? null,
    /** Reason why generation cannot start yet; null if it can. */
    problem,
    isStarting: start.isPending,
    maxNewTokens: typeof request === 'string' ? null : request.max_new_tokens,
    generate: () => {
      if (problem === null && typeof request !== 'string' && !isWriting) start.mutate(request);
    },
  };
}

/** Returns the reason why the template fails on the conversation, with its line; null if it works, or is not needed. */
function useTemplateProblem(modelId: string | undefined, hasOwn: boolean): string | null {
  const { draft } = usePlayground();
  const { system, messages: all, template: chosen } = draft;
  const { text } = chosen;
  const [template] = useDebouncedValue(text, 250);
  // The same list as long as nothing is typed: else it would be waited for again and again.
  const said = useMemo(() => saidMessages({ system, messages: all }), [system, all]);
  const [messages] = useDebouncedValue(said, 250);
  const isAsked = draft.kind === 'chat' && modelId !== undefined && template !== null && messages.length > 0;
  const { problem } =
    useRequest('generation.render', { model: modelId ?? '', messages, template }, { enabled: isAsked }).data ?? {};
  if (draft.kind !== 'chat') return null;
  if (text === null) return hasOwn ? null : playgroundStrings.template.none;
  if (!isAsked || !problem) return null;
  const { template: words } = playgroundStrings;
  return words.problem(words.line(problem.line, problem.message));
}
