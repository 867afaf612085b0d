import type { GenerationRequest } from '../../../src-shared/domain/generation.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What the form of the playground holds. */
export interface Draft {
  readonly modelId: string | null;
  /** null is the base alone. */
  readonly columns: readonly (string | null)[];
  readonly kind: 'text' | 'chat';
  readonly text: string;
  readonly messages: readonly Message[];
  readonly maxNewTokens: number;
  readonly seed: number;
  readonly computeDtype: 'float32' | 'auto';
  /** Stop strings, one a line. */
  readonly stop: string;
  readonly sampling: ParameterValues;
}

export const columnLimit = 3;

export const emptyDraft: Draft = {
  modelId: null,
  columns: [null],
  kind: 'text',
  text: '',
  messages: [{ role: 'user', content: '' }],
  maxNewTokens: 128,
  seed: 0,
  computeDtype: 'float32',
  stop: '',
  sampling: {},
};

/** The request that the form stands for; a sentence where something is missing yet. */
export function requestOf(draft: Draft, modelId: string | null): GenerationRequest | string {
  if (modelId === null) return 'Choose a language model.';
  if (draft.columns.length === 0) return 'Choose the base or an adapter.';
  const messages = draft.messages.filter(({ content }) => content.trim() !== '');
  if (draft.kind === 'text' && draft.text === '') return 'Write what the model should go on from.';
  if (draft.kind === 'chat' && messages.length === 0) return 'Write a message.';
  return {
    model: modelId,
    columns: draft.columns.map((adapterId) => (adapterId === null ? null : { adapterId })),
    prompt:
      draft.kind === 'text'
        ? { kind: 'text', text: draft.text }
        : { kind: 'chat', messages: messages.map((message) => ({ ...message })) },
    max_new_tokens: draft.maxNewTokens,
    stop: draft.stop.split('\n').filter((line) => line !== ''),
    seed: draft.seed,
    compute_dtype: draft.computeDtype,
    sampling: { ...draft.sampling },
  };
}

/** Columns with one put in or taken out: the base stands first, and no more than fit side by side are kept. */
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
