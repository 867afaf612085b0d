import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type Client, connect } from '../../../src-shared/rpc/connect.ts';
import type { EventNameOf, InputOf, OutputOf, PayloadOf } from '../../../src-shared/rpc/contract.ts';
import { programFile } from '../../archive/program-file.ts';
import type { ReadWatch } from '../../engine/api/data.ts';
import type { Log } from '../../logging/log.ts';
import { type EngineHost, plainNode, startEngineProcess, startEngineWorker } from '../engine/engine-host.ts';
import { type ReadingContract, readingContract } from './contract.ts';
import { isLong, limitOf, type ReadingLimit, type ReadingName } from './limits.ts';
import { Turns } from './turns.ts';

type ReadingEvent = EventNameOf<ReadingContract>;

/** Starts a process, or a thread, that reads. */
export type StartReader = (onOutput: (line: string) => void) => EngineHost;

/** The heap of a reader that has no process of its own is limited by this alone. */
const heapMebibytes = 1536;
const maxConcurrent = 2;
const lookMilliseconds = 50;
/** A reader that waits for a disk takes no processor time. Waiting for a processor, as on a busy machine, does not count. */
const wallFactor = 15;
const idleMilliseconds = 30_000;

interface Reader {
  readonly host: EngineHost;
  readonly client: Client<ReadingContract>;
  idleTimer: NodeJS.Timeout | null;
}

export interface ReadOptions extends ReadWatch {
  /** Instead of the kind's own limit of processor time. */
  readonly milliseconds?: number;
  /** Size of files that are read whole: the limits grow with it. */
  readonly bytes?: number;
  /** Called with each event of the reading; what it throws ends the reading. */
  readonly on?: { readonly [E in ReadingEvent]?: (payload: PayloadOf<ReadingContract, E>) => void };
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
  private readonly turns = new Turns(maxConcurrent);
  private readonly longTurns = new Turns(maxConcurrent);
  private closed = false;

  constructor(start: StartReader, log: Log) {
    this.start = start;
    this.log = log;
  }

  /** @throws StudioError of the reading; refused where it took too long or too much memory. */
  async read<N extends ReadingName>(
    name: N,
    input: InputOf<ReadingContract, N>,
    options: ReadOptions = {},
  ): Promise<OutputOf<ReadingContract, N>> {
    const usual = limitOf(name, options.bytes);
    const limit = { ...usual, milliseconds: options.milliseconds ?? usual.milliseconds };
    // Readings that may take minutes use separate turns, so that they do not block others.
    const turns = isLong(limit) ? this.longTurns : this.turns;
    return turns.take(options.signal, () => this.readNow(name, input, limit, options));
  }

  private async readNow<N extends ReadingName>(
    name: N,
    input: InputOf<ReadingContract, N>,
    limit: ReadingLimit,
    { signal, onRead, on = {} }: ReadOptions,
  ): Promise<OutputOf<ReadingContract, N>> {
    signal?.throwIfAborted();
    const reader = await this.take(signal);
    const failed = new AbortController();
    const listen = <E extends ReadingEvent>(
      event: E,
      listener: ((payload: PayloadOf<ReadingContract, E>) => void) | undefined,
    ) =>
      reader.client.on(event, (payload) => {
        try {
          if (!failed.signal.aborted) listener?.(payload);
        } catch (thrown) {
          failed.abort(thrown);
        }
      });
    const stops = [
      listen('rows', on.rows ?? onRead),
      listen('written', on.written),
      listen('converted', on.converted),
      listen('run', on.run),
    ];
    const signals = signal === undefined ? [failed.signal] : [signal, failed.signal];
    try {
      const answer = await this.watched(reader, limit, AbortSignal.any(signals), reader.client.request(name, input));
      failed.signal.throwIfAborted();
      return answer;
    } finally {
      for (const stop of stops) stop();
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
    await this.watched(reader, limitOf('ready'), signal, reader.client.request('ready', {}), false);
    return reader;
  }

  private async watched<Answer>(
    reader: Reader,
    { milliseconds: limit, memoryBytes }: ReadingLimit,
    signal: AbortSignal | undefined,
    answer: Promise<Answer>,
    isLast = true,
  ): Promise<Answer> {
    let reason: unknown = null;
    const end = (why: unknown): void => {
      reason ??= why;
      void reader.host.terminate();
    };
    const waited = (): number => performance.now() - (reader.host.queuedMilliseconds?.() ?? 0);
    const [startedAt, before] = [waited(), reader.host.processorMilliseconds?.() ?? null];
    const timer = setInterval(() => {
      const wall = waited() - startedAt;
      const now = before === null ? null : (reader.host.processorMilliseconds?.() ?? null);
      const isOver = now === null || before === null ? wall > limit : now - before > limit || wall > wallFactor * limit;
      if (isOver) end(tooMuch(`was stopped after ${Math.round(limit / 100) / 10} s: it did not finish`));
      else if ((reader.host.memoryBytes?.() ?? 0) > memoryBytes)
        end(tooMuch(`was stopped: it took more than ${(memoryBytes / 2 ** 30).toFixed(1)} GB of memory`));
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
  const file = programFile('reader');
  return node === null
    ? startEngineWorker(file, onOutput, heapMebibytes)
    : startEngineProcess(node, file, onOutput, [`--max-old-space-size=${heapMebibytes}`]);
};
