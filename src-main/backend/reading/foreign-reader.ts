import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type Client, connect } from '../../../src-shared/rpc/connect.ts';
import type { InputOf, OutputOf } from '../../../src-shared/rpc/contract.ts';
import type { ReadWatch } from '../../engine/data/dataset.ts';
import type { Log } from '../../logging/log.ts';
import { type EngineHost, plainNode, startEngineProcess, startEngineWorker } from '../engine/engine-host.ts';
import { type ReadingContract, readingContract } from './contract.ts';

type Name = keyof ReadingContract['requests'];

/** Starts a process, or a thread, that reads. */
export type StartReader = (onOutput: (line: string) => void) => EngineHost;

/** The heap of a reader that has no process of its own is limited by this alone. */
const heapMebibytes = 1536;
const mostBytes = 2.5 * 2 ** 30;
const mostAtOnce = 2;
const lookMilliseconds = 50;
/** A reader that waits for a disk or for its turn takes no processor time. */
const wallFactor = 15;
const idleMilliseconds = 30_000;

/**
 * Processor time of each kind of reading: well above what the largest published files take. A tokenizer of 35 MB takes 4 s, a
 * thousand long conversations take 10 s.
 */
const milliseconds: Readonly<Record<Name, number>> = {
  ready: 10_000,
  abilities: 8000,
  templates: 8000,
  render: 8000,
  fits: 8000,
  checkTokenizer: 8000,
  inspect: 5000,
  texts: 20_000,
  tokens: 10_000,
  lengths: 30_000,
  /** The files may be of any size; it says how far it is, and can be cancelled. */
  describe: Number.POSITIVE_INFINITY,
  run: 5000,
};

interface Reader {
  readonly host: EngineHost;
  readonly client: Client<ReadingContract>;
  idleTimer: NodeJS.Timeout | null;
}

interface ReadOptions extends ReadWatch {
  /** Instead of the kind's own limit. */
  readonly milliseconds?: number;
}

/**
 * Reads files that somebody else may have made in a process of its own, which a cancel or a limit of time or memory ends: the
 * backend answers other requests meanwhile, whatever the file does.
 */
export class ForeignReader {
  private readonly start: StartReader;
  private readonly log: Log;
  private readonly idle: Reader[] = [];
  private readonly all = new Set<Reader>();
  private readonly waiting: (() => void)[] = [];
  private free = mostAtOnce;
  private closed = false;

  constructor(start: StartReader, log: Log) {
    this.start = start;
    this.log = log;
  }

  /** @throws StudioError of the reading; refused where it took too long or too much memory. */
  async read<N extends Name>(
    name: N,
    input: InputOf<ReadingContract, N>,
    options: ReadOptions = {},
  ): Promise<OutputOf<ReadingContract, N>> {
    // What may take minutes keeps nothing else from its turn.
    if (milliseconds[name] === Number.POSITIVE_INFINITY) return this.readNow(name, input, options);
    while (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.free--;
    try {
      return await this.readNow(name, input, options);
    } finally {
      this.free++;
      this.waiting.shift()?.();
    }
  }

  private async readNow<N extends Name>(
    name: N,
    input: InputOf<ReadingContract, N>,
    { signal, onRead, milliseconds: limit = milliseconds[name] }: ReadOptions,
  ): Promise<OutputOf<ReadingContract, N>> {
    signal?.throwIfAborted();
    const reader = await this.take(signal);
    const stop = reader.client.on('rows', (read) => onRead?.(read));
    try {
      return await this.watched(reader, limit, signal, reader.client.request(name, input));
    } finally {
      stop();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { idleTimer } of this.all) if (idleTimer !== null) clearTimeout(idleTimer);
    await Promise.all([...this.all].map(({ host }) => host.terminate()));
  }

  private async take(signal: AbortSignal | undefined): Promise<Reader> {
    if (this.closed) throw new StudioError('disconnected', 'The studio is closing.');
    const known = this.idle.pop();
    if (known !== undefined) {
      if (known.idleTimer !== null) clearTimeout(known.idleTimer);
      known.idleTimer = null;
      return known;
    }
    const log = this.log.child({ program: 'reader' });
    const host = this.start((line) => log.info(line));
    const reader: Reader = { host, client: connect(host.channel, readingContract), idleTimer: null };
    this.all.add(reader);
    reader.client.onClose(() => {
      this.all.delete(reader);
      const place = this.idle.indexOf(reader);
      if (place >= 0) this.idle.splice(place, 1);
    });
    await this.watched(reader, milliseconds.ready, signal, reader.client.request('ready', {}), false);
    return reader;
  }

  private async watched<Answer>(
    reader: Reader,
    limit: number,
    signal: AbortSignal | undefined,
    answer: Promise<Answer>,
    isLast = true,
  ): Promise<Answer> {
    let reason: unknown = null;
    const end = (why: unknown): void => {
      reason ??= why;
      void reader.host.terminate();
    };
    const [startedAt, before] = [performance.now(), reader.host.processorMilliseconds?.() ?? null];
    const timer = setInterval(() => {
      const wall = performance.now() - startedAt;
      const now = before === null ? null : (reader.host.processorMilliseconds?.() ?? null);
      const isOver = now === null || before === null ? wall > limit : now - before > limit || wall > wallFactor * limit;
      if (isOver) end(tooMuch(`was stopped after ${limit / 1000} s: it did not finish`));
      else if ((reader.host.memoryBytes?.() ?? 0) > mostBytes)
        end(tooMuch('was stopped: it took more than 2.5 GB of memory'));
    }, lookMilliseconds);
    const onAbort = (): void => end(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const answered = await answer;
      if (isLast) this.release(reader);
      return answered;
    } catch (thrown) {
      if (!reader.client.closed) {
        if (isLast) this.release(reader);
        throw thrown;
      }
      if (reason !== null) throw reason;
      if (this.closed) throw new StudioError('disconnected', 'The studio is closing.');
      const cause = await reader.host.ended;
      this.log.error({ err: cause }, 'the reader ended unexpectedly');
      throw tooMuch('ended unexpectedly: it took too much memory, or a library failed');
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private release(reader: Reader): void {
    if (this.idle.length > 0 || this.closed) {
      void reader.host.terminate();
      return;
    }
    this.idle.push(reader);
    reader.idleTimer = setTimeout(() => void reader.host.terminate(), idleMilliseconds);
    reader.idleTimer.unref();
  }
}

function tooMuch(what: string): StudioError {
  return new StudioError(
    'refused',
    `The reading of the files ${what}.`,
    'A file is damaged, or was made to take this long. Copy or download it again from where you trust it.',
  );
}

/** Reads in a process on a plain Node, or, where there is none, in a thread. */
export const startReader: StartReader = (onOutput) => {
  const node = plainNode();
  const file = readerFile();
  return node === null
    ? startEngineWorker(file, onOutput, heapMebibytes)
    : startEngineProcess(node, file, onOutput, [`--max-old-space-size=${heapMebibytes}`]);
};

function readerFile(): URL {
  const built = !import.meta.url.endsWith('.ts');
  return new URL(built ? '../backend/reader.mjs' : './entry.ts', import.meta.url);
}
