import type { ChosenTemplate } from '../../../src-shared/domain/generation/chat.ts';
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

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

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
  readonly messages: readonly Message[];
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
  messages: [{ role: 'user', content: '' }],
  template: ownTemplate,
  settings: {},
  sampling: {},
};

/** The model's settings that the form shows in place of the declared defaults. */
export function basesOf({ values }: ModelDefaults): ParameterBases {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, from: 'model' }]));
}

/** The messages of a chat that say something, the system prompt first. */
export function saidMessages({ system, messages }: Pick<Draft, 'system' | 'messages'>): ChatMessage[] {
  return [{ role: 'system', content: system }, ...messages]
    .filter(({ content }) => content.trim() !== '')
    .map(({ role, content }) => ({ role, content }));
}

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
  if (draft.kind === 'chat' && messages.every(({ role }) => role === 'system')) return 'Enter a message.';
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

/** A conversation that goes on after an answer. */
export function withAnswer(messages: readonly Message[], answer: string): Message[] {
  const said = messages.filter(({ content }) => content.trim() !== '');
  return [...said, { role: 'assistant', content: answer }, { role: 'user', content: '' }];
}

/** Returns the name of a chat until it is renamed: the start of its first prompt. */
export function chatName(
  { kind, text, messages }: Pick<Draft, 'kind' | 'text' | 'messages'>,
  untitled: string,
): string {
  const first = kind !== 'chat' ? text : (messages.find(({ role }) => role === 'user')?.content ?? '');
  const words = first.trim().replaceAll(/\s+/g, ' ');
  if (words === '') return untitled;
  return words.length > 48 ? `${words.slice(0, 47).trimEnd()}…` : words;
}
