import type { ChatTurn, ChosenTemplate } from '../../../src-shared/domain/generation/chat.ts';
import type { ChatMessage } from '../../../src-shared/domain/generation/chat-message.ts';
import {
  type GenerationRequest,
  generationParameters,
  generationRequestSchema,
  type ModelDefaults,
  overModelDefaults,
} from '../../../src-shared/domain/generation/generation.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { ParameterBases } from '../../components/form/parameter-origin.ts';
import { branchTo, messagesOf } from './turns.ts';

/** Form values of the Playground. */
export interface Draft {
  readonly modelId: string | null;
  /** null is the base alone. */
  readonly columns: readonly (string | null)[];
  readonly kind: 'text' | 'chat' | 'pair';
  readonly text: string;
  /** Two answers to the prompt, for reward adapters. */
  readonly pair: readonly string[];
  /** System message of a chat; empty: none. */
  readonly system: string;
  readonly turns: readonly ChatTurn[];
  /** Last turn of the branch that is shown; null: nothing was said yet. */
  readonly lastTurn: string | null;
  /** Message that is being written. */
  readonly input: string;
  readonly template: ChosenTemplate;
  /** The user's changes to `generationParameters`. */
  readonly settings: ParameterValues;
  /** The user's changes to the catalog's sampling parameters. */
  readonly sampling: ParameterValues;
}

export const noModelDefaults: ModelDefaults = { values: {}, note: null };

export const columnLimit = 4;

export const ownTemplate: ChosenTemplate = { id: 'own', text: null };

export const emptyDraft: Draft = {
  modelId: null,
  columns: [null],
  kind: 'text',
  text: '',
  pair: ['', ''],
  system: '',
  turns: [],
  lastTurn: null,
  input: '',
  template: ownTemplate,
  settings: {},
  sampling: {},
};

/** The model's settings that the form shows in place of the declared defaults. */
export function basesOf({ values }: ModelDefaults): ParameterBases {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, from: 'model' }]));
}

/** Messages that the model reads next: the system prompt, the shown branch, and the message that is being written. */
export function saidMessages({ system, turns, lastTurn, input }: Conversation): ChatMessage[] {
  const said = messagesOf(branchTo(turns, lastTurn));
  // Without a new message the last answer is the one to be written again.
  if (input.trim() === '' && said.at(-1)?.role === 'assistant') said.pop();
  return [{ role: 'system', content: system }, ...said, { role: 'user', content: input }].filter(
    ({ content }) => content.trim() !== '',
  );
}

type Conversation = Pick<Draft, 'system' | 'turns' | 'lastTurn' | 'input'>;

/** The request that the form describes; a sentence where something is missing yet, or is not as declared. */
export function requestOf(
  draft: Draft,
  modelId: string | null,
  samplingParameters: readonly ParameterSpec[] = [],
  defaults: ModelDefaults = noModelDefaults,
): GenerationRequest | string {
  if (modelId === null) return 'Choose a language model.';
  const { kind } = draft;
  if (draft.columns.length === 0)
    return kind === 'pair' ? 'Choose a reward adapter.' : 'Choose the base or an adapter.';
  const messages = saidMessages(draft);
  if (kind === 'pair' && draft.pair.some((answer) => answer.trim() === '')) return 'Enter two answers.';
  if (draft.kind === 'text' && draft.text === '') return 'Enter a prompt.';
  if (draft.kind === 'chat' && draft.input.trim() === '') return 'Enter a message.';
  const problem =
    firstProblem(generationParameters(), draft.settings) ?? firstProblem(samplingParameters, draft.sampling);
  if (problem !== null) return problem;
  const { text: template } = draft.template;
  return generationRequestSchema.parse({
    ...overModelDefaults(generationParameters(), defaults, draft.settings),
    model: modelId,
    columns: draft.columns.map((adapterId) => (adapterId === null ? null : { adapterId })),
    prompt:
      draft.kind === 'chat'
        ? { kind: 'chat', messages, ...(template === null ? {} : { template }) }
        : { kind: draft.kind, text: draft.text, ...(draft.kind === 'pair' ? { answers: [...draft.pair] } : {}) },
    sampling: overModelDefaults(samplingParameters, defaults, draft.sampling),
  });
}

/** Columns with one put in or taken out: the base comes first, and no more than fit side by side are kept. */
export function toggleColumn(columns: readonly (string | null)[], adapterId: string | null): (string | null)[] {
  if (columns.includes(adapterId)) return columns.filter((column) => column !== adapterId);
  const next = adapterId === null ? [null, ...columns] : [...columns, adapterId];
  return next.slice(0, columnLimit);
}

/** Returns the name of a chat until it is renamed: the start of its first prompt. */
export function chatName({ kind, text, turns }: Pick<Draft, 'kind' | 'text' | 'turns'>, untitled: string): string {
  const first = kind !== 'chat' ? text : (turns[0]?.user ?? '');
  const words = first.trim().replaceAll(/\s+/g, ' ');
  if (words === '') return untitled;
  return words.length > 48 ? `${words.slice(0, 47).trimEnd()}…` : words;
}
