import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { AnswerWindow, PlacedContext } from '../../outcomes/decode-answer.ts';
import type { PlacedQuestion } from '../../outcomes/spans.ts';
import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import { type TokenRow, TokenRows } from '../shared/token-rows.ts';
import { questionWindows } from './question-windows.ts';

interface QuestionLengths {
  readonly maxLength: number;
  readonly stride: number;
}

/** Questions of a split in windows, each with the places of its answer in the row. */
export class QuestionRows {
  readonly windows = new TokenRows();
  /** Places of the first and the last token of the answer in each window; 0 (the first token) where it has none. */
  private readonly places: number[] = [];
  private readonly asked: Omit<PlacedQuestion, 'labels'>[] = [];
  /** For each question, the index of its first window; one more entry than questions. */
  private readonly firsts = [0];
  private readonly keepsQuestions: boolean;
  private readonly contexts: ContextCache;
  private readonly lengths: QuestionLengths;

  /** @param keepsQuestions for answers as text */
  constructor(contexts: ContextCache, lengths: QuestionLengths, keepsQuestions: boolean) {
    this.contexts = contexts;
    this.lengths = lengths;
    this.keepsQuestions = keepsQuestions;
  }

  get count(): number {
    return this.firsts.length - 1;
  }

  /** Returns the number of windows. */
  add(question: string, text: string, answers: NonNullable<TextExample['answers']>): number {
    const { tokenizer } = this.contexts;
    const { ids, context } = this.contexts.of(text);
    const asked = tokenizer.encode(question.trimStart(), { addSpecialTokens: false }).ids;
    const cut = questionWindows(tokenizer, asked, ids, this.lengths);
    const [answer] = answers;
    const windows: AnswerWindow[] = [];
    for (const { ids: row, typeIds, offset, start, end } of cut) {
      const window = { offset, first: start, end };
      this.windows.add(row, typeIds);
      this.places.push(...(answer === undefined ? none : answerPlaces(context, window, answer)));
      windows.push(window);
    }
    this.firsts.push(this.windows.count);
    if (this.keepsQuestions)
      this.asked.push({ context, question, windows, golds: answers.map(({ text: gold }) => gold) });
    return cut.length;
  }

  row(window: number): TokenRow {
    return this.windows.row(window);
  }

  /** First and last token of the answer in a window. */
  label(window: number): readonly [number, number] {
    return [this.places[2 * window] ?? 0, this.places[2 * window + 1] ?? 0];
  }

  question(index: number): PlacedQuestion {
    const found = this.asked[index];
    if (found === undefined) throw new RangeError(`question ${index} was not kept`);
    return { ...found, labels: this.windowsOf(index).map((window) => this.label(window)) };
  }

  get hasUnanswerable(): boolean {
    return this.asked.some(({ golds }) => golds.length === 0);
  }

  /** The windows of a question. */
  windowsOf(index: number): number[] {
    const [first, end] = [this.firsts[index] ?? 0, this.firsts[index + 1] ?? 0];
    return Array.from({ length: end - first }, (_, at) => first + at);
  }
}

const none: readonly [number, number] = [0, 0];

/**
 * Finds the tokens of an answer like run_qa.py: the last token that begins at its start or before, and the first one
 * that ends at its end or after.
 */
function answerPlaces(
  { starts, ends }: PlacedContext,
  { offset, first, end }: AnswerWindow,
  { text, start }: NonNullable<TextExample['answers']>[number],
): readonly [number, number] {
  const stop = start + text.length;
  if (end <= first || (starts[first] ?? 0) > start || (ends[end - 1] ?? 0) < stop) return none;
  let from = first;
  while (from + 1 < end && (starts[from + 1] ?? 0) <= start) from++;
  let to = end - 1;
  while (to > first && (ends[to - 1] ?? 0) >= stop) to--;
  return [offset + from - first, offset + to - first];
}

const keptContexts = 64;

/** Texts by their tokens: several questions are asked about each, usually one after the other. */
export class ContextCache {
  readonly tokenizer: TextTokenizer;
  private readonly known = new Map<string, { readonly ids: Int32Array; readonly context: PlacedContext }>();

  constructor(tokenizer: TextTokenizer) {
    this.tokenizer = tokenizer;
  }

  of(text: string): { readonly ids: Int32Array; readonly context: PlacedContext } {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const { ids, spans } = this.tokenizer.encodePlaced(text);
    const context = {
      text,
      starts: Int32Array.from(spans, ({ start }) => start),
      ends: Int32Array.from(spans, ({ end }) => end),
    };
    const made = { ids: Int32Array.from(ids), context };
    this.known.set(text, made);
    const [oldest] = this.known.keys();
    if (this.known.size > keptContexts && oldest !== undefined) this.known.delete(oldest);
    return made;
  }
}
