import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useRef } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import type { ChatTurn } from '../../../src-shared/domain/generation/chat.ts';
import type { GenerationRequest } from '../../../src-shared/domain/generation/generation.ts';
import { type ModelRecord, writesText } from '../../../src-shared/domain/models/model.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import { classifiesImages } from '../adapters/playground-path.ts';
import { basesOf, noModelDefaults, requestOf, saidMessages } from './draft.ts';
import { addTurn, changeDraft, settleTurn, showGeneration, usePlayground } from './playground-store.ts';
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
  const begun = useRef<{ request: GenerationRequest; turn: ChatTurn | null } | null>(null);
  const start = useAction('generation.start', {
    failureTitle: words.failed,
    onSuccess: (job) => {
      if (begun.current === null) return;
      const { request, turn } = begun.current;
      settleTurn();
      if (turn !== null) addTurn(turn);
      showGeneration(job.id, request, columns.map(nameOf), turn?.id ?? null);
      // The model that was shown by default is part of the chat from now on.
      changeDraft({ modelId: shown.modelId, columns, kind });
      keep(usePlayground.getState().draft, []);
    },
  });
  const begin = (request: GenerationRequest, turn: ChatTurn | null) => {
    if (isWriting || start.isPending) return;
    begun.current = { request, turn };
    start.mutate(request);
  };
  const templateProblem = useTemplateProblem(model?.id, abilities?.chat ?? true);
  // A request without the model's own settings would not be what the form shows once they are read.
  const reading = asked.isPending ? words.reading : null;
  const turnRequest = (user: string, parentId: string | null) =>
    requestOf({ ...shown, lastTurn: parentId, input: user }, shown.modelId, catalog?.sampling.parameters, defaults);
  const problemWith = (asking: GenerationRequest | string) =>
    abilities?.problem ?? (typeof asking === 'string' ? asking : null) ?? reading ?? templateProblem;
  const problem = problemWith(request);
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
    /** Reason why no turn can be sent, whatever its text; null if one can. */
    turnProblem: problemWith(turnRequest('x', null)),
    isStarting: start.isPending,
    maxNewTokens: typeof request === 'string' ? null : request.max_new_tokens,
    generate: () => {
      if (problem === null && typeof request !== 'string') begin(request, null);
    },
    /** Sends a message after a turn. The same message again is another version of it, with the next seed. */
    send: (user: string, parentId: string | null) => {
      const request = turnRequest(user, parentId);
      if (typeof request === 'string' || problemWith(request) !== null) return;
      const same = draft.turns.filter((turn) => turn.parentId === parentId && turn.user === user);
      const seed = request.seed + same.length;
      const turn = { id: `turn-${crypto.randomUUID()}`, parentId, user, seed, answers: [], continued: 0 };
      begin({ ...request, seed }, turn);
    },
  };
}

/** Returns the reason why the template fails on the conversation, with its line; null if it works, or is not needed. */
function useTemplateProblem(modelId: string | undefined, hasOwn: boolean): string | null {
  const { draft } = usePlayground();
  const { system, turns, lastTurn, input, template: chosen } = draft;
  const { text } = chosen;
  const [template] = useDebouncedValue(text, 250);
  // The same list as long as nothing is typed: else it would be waited for again and again.
  const said = useMemo(() => saidMessages({ system, turns, lastTurn, input }), [system, turns, lastTurn, input]);
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
