import { open, stat } from 'node:fs/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TextTokenizer } from '../tokenization/tokenizer.ts';

/** Concatenated tokens of documents, each followed by an end token, split into windows. */
export class TextWindows {
  private readonly tokens: Int32Array;
  private readonly size: number;

  /** @param size tokens per window; labels are shifted by one token. */
  constructor(tokens: Int32Array, size: number) {
    this.tokens = tokens;
    this.size = size;
  }

  /** Number of full windows; a partial one at the end is dropped. */
  get count(): number {
    return Math.max(0, Math.floor((this.tokens.length - 1) / this.size));
  }

  get highest(): number {
    return this.tokens.reduce((most, token) => Math.max(most, token), 0);
  }

  /** input_ids and labels [windows, size] of some windows. */
  batch(indices: ArrayLike<number>): { inputIds: Int32Array; labels: Int32Array; shape: [number, number] } {
    const inputIds = new Int32Array(indices.length * this.size);
    const labels = new Int32Array(indices.length * this.size);
    for (let row = 0; row < indices.length; row++) {
      const start = (indices[row] ?? 0) * this.size;
      inputIds.set(this.tokens.subarray(start, start + this.size), row * this.size);
      labels.set(this.tokens.subarray(start + 1, start + 1 + this.size), row * this.size);
    }
    return { inputIds, labels, shape: [indices.length, this.size] };
  }
}

/**
 * Reads the documents of UTF-8 text files, separated by blank lines; line breaks within a document are kept.
 * @throws StudioError invalid_input if a file does not exist, invalid_file if it is not UTF-8.
 */
export async function* readDocuments(files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    const status = await stat(file).catch(() => null);
    if (!status?.isFile())
      throw new StudioError('invalid_input', `The text file ${file} does not exist.`, 'Check the path.');
    const handle = await open(file, 'r');
    try {
      yield* documentsOf(file, handle.createReadStream({ autoClose: false }));
    } finally {
      await handle.close();
    }
  }
}

async function* documentsOf(file: string, chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes: Uint8Array | undefined) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new StudioError('invalid_file', `${file} is not UTF-8 text.`, 'Save it as UTF-8 and try again.');
    }
  };
  let rest = '';
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) continue;
    rest += decode(chunk).replaceAll('\r\n', '\n');
    const parts = rest.split(/\n[ \t]*\n\s*/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part.trim();
  }
  rest += decode(undefined);
  if (rest.trim() !== '') yield rest.trim();
}

export interface TokenizedText {
  readonly train: TextWindows;
  readonly evaluation: TextWindows;
  readonly documents: number;
}

/**
 * Tokenizes documents into windows. Without evaluation documents, a share of all, `evalShare`, is held out at regular
 * intervals.
 * @param onDocument called after each; may throw to stop.
 */
export async function tokenizeText(
  tokenizer: TextTokenizer,
  sources: { train: AsyncIterable<string>; evaluation: AsyncIterable<string> | null },
  settings: { blockSize: number; evalShare: number },
  onDocument: (count: number) => Promise<void> = async () => undefined,
): Promise<TokenizedText> {
  const end = tokenizer.special('eos')?.id;
  if (end === undefined)
    throw new StudioError(
      'invalid_input',
      `${tokenizer.files.configFile} names no eos_token that the vocabulary has.`,
      'Documents are separated by the end token: give the tokenizer one.',
    );
  const [train, evaluation] = [new GrowingTokens(), new GrowingTokens()];
  const add = (tokens: GrowingTokens, text: string) =>
    tokens.add([...tokenizer.encode(text, { addSpecialTokens: false }).ids, end]);
  const every = settings.evalShare === 0 ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(1 / settings.evalShare));
  let documents = 0;
  for await (const text of sources.train) {
    documents += 1;
    const isHeldOut = sources.evaluation === null && documents % every === 0;
    add(isHeldOut ? evaluation : train, text);
    await onDocument(documents);
  }
  for await (const text of sources.evaluation ?? []) {
    documents += 1;
    add(evaluation, text);
    await onDocument(documents);
  }
  const windows = (tokens: GrowingTokens) => new TextWindows(tokens.values(), settings.blockSize);
  return { train: windows(train), evaluation: windows(evaluation), documents };
}

/** A growing list of ids, four bytes each. */
class GrowingTokens {
  private room = new Int32Array(1 << 16);
  private length = 0;

  add(ids: readonly number[]): void {
    if (this.length + ids.length > this.room.length) {
      const larger = new Int32Array(Math.max(this.length + ids.length, 2 * this.room.length));
      larger.set(this.room.subarray(0, this.length));
      this.room = larger;
    }
    this.room.set(ids, this.length);
    this.length += ids.length;
  }

  values(): Int32Array {
    return this.room.slice(0, this.length);
  }
}
