import type {
  FinishReason,
  GenerationResult,
  TextPiece,
  TokenProbability,
} from '../../../src-shared/domain/generation/generation.ts';
import type { GenerationTimes } from './generation.ts';
import type { RecordedToken } from './row.ts';
import { TextStream } from './text-stream.ts';
import type { Likely } from './token-probabilities.ts';

/** Tokens of one text as they are generated. */
interface TokenSource {
  readonly done: boolean;
  readonly finishReason: FinishReason | null;
  readonly times: GenerationTimes;
  readonly recorded: readonly RecordedToken[];
  finish(reason: FinishReason): void;
}

interface TextOptions {
  decode(ids: readonly number[]): string;
  readonly stop: readonly string[];
  readonly hasProbabilities: boolean;
}

/** The text of one row of a generation, and its pieces for a stream. */
export class WrittenText {
  private readonly source: TokenSource;
  private readonly hasProbabilities: boolean;
  private readonly decode: (ids: readonly number[]) => string;
  private readonly stream: TextStream;
  private waiting = '';
  private toldTokens = -1;
  private readonly known: TokenProbability[] = [];
  private toldProbabilities = 0;

  constructor(source: TokenSource, { decode, stop, hasProbabilities }: TextOptions) {
    this.source = source;
    this.hasProbabilities = hasProbabilities;
    this.decode = decode;
    this.stream = new TextStream(this.decode, stop);
  }

  /** Adds a token; null for one that ends the text. */
  push(token: number | null): void {
    if (token !== null) this.waiting += this.stream.push(token);
    if (this.stream.stoppedBy !== null) this.finish('stop');
    if (this.source.done) this.waiting += this.stream.end();
  }

  finish(reason: FinishReason): void {
    if (this.source.done) return;
    this.source.finish(reason);
    this.waiting += this.stream.end();
  }

  /** The new text since the last call; null if there is none. */
  takePiece(column: number): TextPiece | null {
    const { times } = this.source;
    if (this.waiting === '' && times.newTokens === this.toldTokens) return null;
    const tokens = this.probabilities();
    const added = this.hasProbabilities ? { tokens: tokens.slice(this.toldProbabilities) } : {};
    const piece = { column, text: this.waiting, ...times, ...added };
    this.toldProbabilities = Math.max(this.toldProbabilities, tokens.length);
    this.waiting = '';
    this.toldTokens = times.newTokens;
    return piece;
  }

  result(): GenerationResult['columns'][number] {
    const { finishReason, times } = this.source;
    const tokens = this.hasProbabilities ? { tokens: [...this.probabilities()] } : {};
    return { text: this.stream.text, finish: finishReason ?? 'cancelled', ...times, ...tokens };
  }

  /** Tokens of the text so far: without the one that ended it, and without what a stop string cut off. */
  private probabilities(): readonly TokenProbability[] {
    const { recorded, finishReason } = this.source;
    const named = ({ id, logprob }: Likely) => ({ id, logprob, text: this.decode([id]) });
    for (const token of recorded.slice(this.known.length))
      this.known.push({ ...named(token), top: token.top.map(named) });
    const ended = finishReason === 'end' ? this.known.slice(0, -1) : [...this.known];
    const isCut = (count: number) =>
      this.decode(ended.slice(0, count).map(({ id }) => id)).length >= this.stream.text.length;
    if (this.stream.stoppedBy !== null) while (ended.length > 0 && isCut(ended.length - 1)) ended.pop();
    return ended;
  }
}
