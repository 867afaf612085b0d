import * as tf from '@tensorflow/tfjs-core';
import { type FinishReason, maxStreams } from '../../../src-shared/domain/generation/generation.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { KeyValueCache } from '../models/key-value-cache.ts';
import { GenerationRow, type RecordedToken, type RowOptions, requirePrompts } from './row.ts';

export interface StreamLimits {
  readonly rows: number;
  /** Bytes of keys and values above which no text joins, and the youngest one is read again later. */
  readonly cacheBytes: number;
  /** Tokens of a prompt that are read between two tokens of the texts being written. */
  readonly chunk: number;
}

const usualLimits: StreamLimits = { rows: maxStreams, cacheBytes: 2 ** 30, chunk: 256 };

/** A text that is written beside others. */
export class Stream {
  readonly row: GenerationRow;
  /** Error that ended this text alone; null without one. */
  error: unknown = null;
  /** Zeros before its tokens in the cache. */
  padding = 0;
  private readonly promptTokens: number;
  private startedAt: number | null = null;
  private firstAt: number | null = null;
  private lastAt: number | null = null;

  constructor(row: GenerationRow) {
    this.row = row;
    this.promptTokens = row.tokens.length;
  }

  get done(): boolean {
    return this.row.finished !== null;
  }

  get finishReason(): FinishReason | null {
    return this.row.finished;
  }

  get recorded(): readonly RecordedToken[] {
    return this.row.recorded;
  }

  /** Ends the text between two tokens; no effect if it has ended. */
  finish(reason: FinishReason): void {
    this.row.finished ??= reason;
  }

  get times() {
    const seconds = (from: number | null, to: number | null) => (from === null || to === null ? 0 : (to - from) / 1000);
    return {
      promptTokens: this.promptTokens,
      promptSeconds: seconds(this.startedAt, this.firstAt),
      newTokens: this.row.generated,
      generationSeconds: seconds(this.firstAt, this.lastAt),
    };
  }

  /** Records that the model begins to read the prompt. */
  start(): void {
    this.startedAt ??= performance.now();
  }

  /** Chooses the next token; null for one that ends the text, and where the scores are not finite. */
  take(scores: Float32Array): number | null {
    try {
      return this.row.take(scores);
    } catch (thrown) {
      this.error = thrown;
      this.finish('cancelled');
      return null;
    } finally {
      this.lastAt = performance.now();
      this.firstAt ??= this.lastAt;
    }
  }
}

/**
 * Texts that a language model continues together, each with settings of its own. A text joins and leaves between two tokens.
 * Each text has the tokens that it has alone, up to rounding.
 */
export class StreamBatch {
  private readonly model: AdaptedModel;
  private readonly limits: StreamLimits;
  /** In the order of the cache's rows. */
  private running: Stream[] = [];
  private readonly waiting: Stream[] = [];
  private readonly cache = new KeyValueCache();
  /** The text whose tokens are being read into a cache of its own. */
  private reading: { readonly stream: Stream; readonly cache: KeyValueCache } | null = null;

  constructor(model: AdaptedModel, limits: Partial<StreamLimits> = {}) {
    this.model = model;
    this.limits = { ...usualLimits, ...limits };
  }

  /** Returns why the texts of a model cannot be written together; null if they can. */
  static obstacle({ base }: AdaptedModel): string | null {
    if (base.description.kind === 'seq2seq-lm') return 'its decoder reads what its encoder made of one prompt';
    if (base.cacheLimit !== undefined) return 'it rotates all keys by the length of the longest text';
    return null;
  }

  /**
   * Adds a text, which waits for its turn.
   * @throws StudioError invalid_input if the prompt is empty or fills the model's context.
   */
  add(prompt: readonly number[], options: RowOptions): Stream {
    const maxPositions = this.model.base.description.text?.maxPositions ?? Number.POSITIVE_INFINITY;
    requirePrompts([prompt], maxPositions);
    const stream = new Stream(new GenerationRow(prompt, options, maxPositions));
    this.waiting.push(stream);
    return stream;
  }

  /** True if no text is left. */
  get done(): boolean {
    return [...this.running, ...this.waiting, ...(this.reading ? [this.reading.stream] : [])].every(({ done }) => done);
  }

  /** Number of texts that are written now. */
  get rows(): number {
    return this.running.length;
  }

  /**
   * Writes a token of each text, then reads a part of a waiting prompt: the whole prompt where no other text is written.
   * @param told is called with each token, null for one that ends its text.
   */
  async step(told: (stream: Stream, token: number | null) => void): Promise<void> {
    this.leave();
    this.evict();
    const { running } = this;
    if (running.length > 0) {
      const scores = await this.scores(
        this.cache,
        running.map(({ row }) => row.tokens.slice(-1)),
        running.map(({ padding }) => padding),
      );
      const size = scores.length / running.length;
      for (const [index, stream] of running.entries())
        if (!stream.done) told(stream, stream.take(scores.subarray(index * size, (index + 1) * size)));
    }
    this.leave();
    await this.read(told);
  }

  dispose(): void {
    this.cache.dispose();
    this.reading?.cache.dispose();
    this.reading = null;
    this.running = [];
    this.waiting.length = 0;
  }

  /** Removes the rows of texts that have ended. */
  private leave(): void {
    this.keepRows(({ done }) => !done);
    for (let at = this.waiting.length - 1; at >= 0; at--) if (this.waiting[at]?.done) this.waiting.splice(at, 1);
    if (this.reading?.stream.done) {
      this.reading.cache.dispose();
      this.reading = null;
    }
  }

  /** Puts the youngest text back where the cache has outgrown its limit; its tokens are read again later. */
  private evict(): void {
    while (this.running.length > 1 && this.cache.bytes > this.limits.cacheBytes) {
      const youngest = this.running.at(-1);
      if (youngest === undefined) return;
      this.keepRows((stream) => stream !== youngest);
      this.waiting.unshift(youngest);
    }
  }

  private keepRows(isKept: (stream: Stream) => boolean): void {
    const rows = this.running.flatMap((stream, row) => (isKept(stream) ? [row] : []));
    if (rows.length === this.running.length) return;
    this.running = this.running.filter(isKept);
    if (rows.length === 0) {
      this.cache.dispose();
      return;
    }
    const skipped = Math.min(...this.running.map(({ padding }) => padding));
    for (const stream of this.running) stream.padding -= skipped;
    this.cache.keep(rows, skipped);
  }

  private async read(told: (stream: Stream, token: number | null) => void): Promise<void> {
    this.reading ??= this.admitted();
    if (this.reading === null) return;
    const { stream, cache } = this.reading;
    stream.start();
    const rest = stream.row.tokens.slice(cache.length);
    const count = this.running.length === 0 ? rest.length : Math.min(rest.length, this.limits.chunk);
    if (count < rest.length) {
      const ids = tf.tensor2d([rest.slice(0, count)], undefined, 'int32');
      tf.tidy(() => {
        this.model.states({ input_ids: ids }, cache);
      });
      ids.dispose();
      return;
    }
    const scores = await this.scores(cache, [rest], [0]);
    this.reading = null;
    if (!stream.done) told(stream, stream.take(scores));
    if (stream.done) cache.dispose();
    else this.join(stream, cache);
  }

  /** The text that joins next, if the limits allow it. */
  private admitted(): typeof this.reading {
    const [next] = this.waiting;
    if (next === undefined || this.running.length >= this.limits.rows) return null;
    if (this.running.length > 0) {
      const longest = Math.max(this.cache.length, next.row.tokens.length);
      const perToken = this.cache.bytes / (this.running.length * this.cache.length);
      if ((this.running.length + 1) * longest * perToken > this.limits.cacheBytes) return null;
    }
    this.waiting.shift();
    return { stream: next, cache: new KeyValueCache() };
  }

  private join(stream: Stream, cache: KeyValueCache): void {
    const total = Math.max(this.cache.length, cache.length);
    for (const other of this.running) other.padding += total - this.cache.length;
    stream.padding = total - cache.length;
    this.cache.join(cache);
    this.running.push(stream);
  }

  /** Logits [rows · vocabulary] after the last of the new tokens of each row. */
  private async scores(
    cache: KeyValueCache,
    tokens: readonly (readonly number[])[],
    padding: readonly number[],
  ): Promise<Float32Array> {
    const ids = tf.tensor2d(
      tokens.map((row) => [...row]),
      undefined,
      'int32',
    );
    const inputs: Record<string, tf.Tensor> = { input_ids: ids };
    const total = cache.length + (tokens[0]?.length ?? 0);
    if (padding.some((zeros) => zeros > 0)) {
      const mask = padding.flatMap((zeros) => [
        ...Array<number>(zeros).fill(0),
        ...Array<number>(total - zeros).fill(1),
      ]);
      inputs['attention_mask'] = tf.tensor2d(mask, [padding.length, total], 'int32');
    }
    try {
      const logits = this.model.nextLogits(inputs, cache);
      try {
        // A copy of its own: the values may be the tensor's memory.
        return new Float32Array(await logits.data());
      } finally {
        logits.dispose();
      }
    } finally {
      tf.dispose(inputs);
    }
  }
}
