import { create } from 'zustand';
import type { ClassifiedImage } from '../../../src-shared/domain/evaluation/classification.ts';
import type { ChatContent, ChatRecord, ChatTurn } from '../../../src-shared/domain/generation/chat.ts';
import type {
  FinishReason,
  GenerationRates,
  GenerationRequest,
  TextPiece,
} from '../../../src-shared/domain/generation/generation.ts';
import { usualClassTemplates } from '../../../src-shared/tasks/class-templates.ts';
import { onEvent } from '../../api/client.ts';
import { type Draft, emptyDraft } from './draft.ts';
import { conversationIn } from './turns.ts';

interface Column {
  readonly text: string;
  readonly rates: GenerationRates | null;
  /** Reason why a reopened chat's answer ended; null: the job reports it. */
  readonly finish: FinishReason | null;
}

/** An image that was picked, with what is drawn of it. */
export interface PickedImage {
  readonly image: ClassifiedImage;
  readonly name: string;
  /** "28 × 28" of the original. */
  readonly size: string;
  /** The label of a dataset's example. */
  readonly truth: string | null;
  readonly pixels: { width: number; height: number; channels: number; pixels: Uint8Array };
}

/** A chat that is not shown, and the job that still writes its answers. */
export interface LeftChat {
  readonly chatId: string;
  readonly draft: Draft;
  readonly asked: AskedGeneration;
  readonly columns: readonly Column[];
}

/** A request and the job that answers it. */
interface AskedGeneration {
  /** null: the answers come from a saved chat. */
  readonly jobId: string | null;
  readonly modelId: string | null;
  readonly prompt: GenerationRequest['prompt'];
  readonly names: readonly string[];
  /** Turn of the conversation that it answers; null: not part of one. */
  readonly turnId: string | null;
  /** True if its answers are in the saved chat. */
  readonly isKept: boolean;
}

interface PlaygroundState {
  readonly draft: Draft;
  /** The chat that is open; null: none is kept yet. */
  readonly chatId: string | null;
  /** Last request; null: nothing was asked. */
  readonly asked: AskedGeneration | null;
  /** The texts of that job as far as they came. */
  readonly columns: readonly Column[];
  /** Chats that were left while their answers were being written. */
  readonly left: readonly LeftChat[];
  readonly picked: PickedImage | null;
  /** Class names for CLIP, one per line, and the texts that stand for each. */
  readonly classNames: string;
  readonly classTemplates: string;
  /** The last classification: of which image, by what. */
  readonly classified: {
    readonly jobId: string;
    readonly modelId: string;
    readonly picked: PickedImage;
    readonly columns: readonly { readonly id: string | null; readonly name: string }[];
  } | null;
}

export const emptyPlayground: PlaygroundState = {
  draft: emptyDraft,
  chatId: null,
  asked: null,
  columns: [],
  left: [],
  picked: null,
  classNames: '',
  classTemplates: usualClassTemplates,
  classified: null,
};

/** Outlives the page: a text goes on while another page is looked at. */
export const usePlayground = create<PlaygroundState>(() => emptyPlayground);
/** Texts may come before the answer that says whose they are. */
const early = new Map<string, TextPiece[]>();

onEvent('generation.text', ({ jobId, pieces }) => {
  const { asked, columns, left } = usePlayground.getState();
  if (asked?.jobId === jobId) usePlayground.setState({ columns: grown(columns, pieces) });
  else if (left.some((chat) => chat.asked.jobId === jobId))
    usePlayground.setState({
      left: left.map((chat) => (chat.asked.jobId === jobId ? { ...chat, columns: grown(chat.columns, pieces) } : chat)),
    });
  else early.set(jobId, [...(early.get(jobId) ?? []), ...pieces]);
});

function grown(columns: readonly Column[], pieces: readonly TextPiece[]): Column[] {
  const next = [...columns];
  for (const { column, text, ...rates } of pieces)
    next[column] = { text: (next[column]?.text ?? '') + text, rates, finish: null };
  return next;
}

export function changeDraft(changes: Partial<Draft>): void {
  usePlayground.setState(({ draft }) => ({ draft: { ...draft, ...changes } }));
}

/** Returns false for results of a model other than the one that was chosen since. */
export function isOfChosenModel(draft: Pick<Draft, 'modelId'>, modelId: string | null): boolean {
  return draft.modelId === null || draft.modelId === modelId;
}

/** Shows the texts of this job from now on. @param turnId the turn of a conversation that it answers */
export function showGeneration(
  jobId: string,
  request: GenerationRequest,
  names: readonly string[],
  turnId: string | null = null,
): void {
  const empty = request.columns.map((): Column => ({ text: '', rates: null, finish: null }));
  const columns = grown(empty, early.get(jobId) ?? []);
  early.clear();
  usePlayground.setState({
    asked: { jobId, modelId: request.model, prompt: request.prompt, names, turnId, isKept: false },
    columns,
  });
}

/** Keeps the texts that came so far in their turn, before others take their place. */
export function settleTurn(): void {
  const { asked, columns, draft } = usePlayground.getState();
  const turn = draft.turns.find(({ id }) => id === asked?.turnId);
  if (turn === undefined || asked === null || asked.isKept) return;
  const answers = columns.map(({ text, finish }, at) => ({
    name: asked.names[at] ?? '',
    text,
    finish: finish ?? ('cancelled' as const),
  }));
  changeTurn(turn.id, { answers });
}

/** Adds a turn as the last one shown; a message that was being written is sent with it. */
export function addTurn(turn: ChatTurn): void {
  const { turns, input } = usePlayground.getState().draft;
  changeDraft({ turns: [...turns, turn], lastTurn: turn.id, input: input.trim() === turn.user ? '' : input });
}

export function changeTurn(id: string, changes: Partial<ChatTurn>): void {
  const { turns } = usePlayground.getState().draft;
  changeDraft({ turns: turns.map((turn) => (turn.id === id ? { ...turn, ...changes } : turn)) });
}

/** The chat that is open, under an id of its own from the first time on. */
export function openChatId(): string {
  const { chatId } = usePlayground.getState();
  if (chatId !== null) return chatId;
  const id = `chat-${crypto.randomUUID()}`;
  usePlayground.setState({ chatId: id });
  return id;
}

/** The chats that were left, with the open one if its answers are still being written. */
function withOpenChat({ chatId, draft, asked, columns, left }: PlaygroundState): readonly LeftChat[] {
  if (chatId === null || asked === null || asked.jobId === null || asked.isKept) return left;
  return [...left.filter((chat) => chat.chatId !== chatId), { chatId, draft, asked, columns }];
}

export function forgetLeftChat(id: string): void {
  usePlayground.setState(({ left }) => ({ left: left.filter(({ chatId }) => chatId !== id) }));
}

/** An empty conversation with the same model, columns, template and sampling. */
export function newChat(): void {
  const { text, pair, turns, lastTurn, input } = emptyDraft;
  usePlayground.setState((state) => ({
    left: withOpenChat(state),
    chatId: null,
    asked: null,
    columns: [],
    draft: { ...state.draft, text, pair, turns, lastTurn, input },
  }));
}

/** Shows a kept chat as it was left, and the answers that are still being written. */
export function showChat({ id, modelId, content }: ChatRecord): void {
  const left = withOpenChat(usePlayground.getState());
  const writing = left.find(({ chatId }) => chatId === id);
  if (writing !== undefined) {
    usePlayground.setState({ ...writing, left: left.filter((chat) => chat !== writing) });
    return;
  }
  const { answers, messages, ...rest } = content;
  const draft: Draft = { ...rest, ...conversationIn(content), modelId, input: '' };
  const { kind, text } = draft;
  const isAsked = kind !== 'chat' && answers.length > 0;
  const prompt: GenerationRequest['prompt'] =
    kind === 'pair' ? { kind, text, answers: [...draft.pair] } : { kind: 'text', text };
  usePlayground.setState({
    left,
    chatId: id,
    draft,
    asked: isAsked
      ? { jobId: null, modelId, prompt, names: answers.map(({ name }) => name), turnId: null, isKept: true }
      : null,
    columns: isAsked ? answers.map(({ text, finish }) => ({ text, rates: null, finish: finish ?? 'cancelled' })) : [],
  });
}

/** Returns the saved part of a draft and its answers. */
export function contentOf({ modelId: _, input: __, ...draft }: Draft, answers: ChatContent['answers']): ChatContent {
  return {
    ...draft,
    columns: [...draft.columns],
    pair: [...draft.pair],
    messages: [],
    turns: draft.turns.map((turn) => ({ ...turn })),
    answers,
  };
}
