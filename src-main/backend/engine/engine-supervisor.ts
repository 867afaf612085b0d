import { memoryRemedy, StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type ComputeBackendReport,
  type ComputeId,
  computeIdSchema,
  computeLabels,
} from '../../../src-shared/domain/app/catalog.ts';
import { type Client, connect } from '../../../src-shared/rpc/connect.ts';
import {
  type ComputeChoice,
  computeIsolation,
  type EngineIsolation,
  preferred,
  withChoice,
} from '../../engine/api/compute.ts';
import {
  type EngineEvent,
  type EngineResult,
  type EngineSignal,
  type EngineTask,
  engineContract,
} from '../../engine/api/jobs.ts';
import { type Log, silentLog } from '../../logging/log.ts';
import { type EngineHost, EngineKilledError, type StartEngine } from './engine-host.ts';
import { EngineHungError, EngineWatchdog, type Patience, usualPatience, withinSeconds } from './engine-watchdog.ts';
import type { KnownBackends } from './known-backends.ts';

/** The engine ended during a task: the task is interrupted, not failed. */
export class EngineLostError extends StudioError {
  constructor(cause: Error | null) {
    const memory = cause !== null && isOutOfMemory(cause);
    super(
      memory ? 'out_of_memory' : 'disconnected',
      lossText(cause, memory),
      memory
        ? memoryRemedy
        : cause instanceof EngineHungError
          ? 'Its driver seems to hang: update it, or choose another compute backend in Settings. The engine starts again by itself with the next job.'
          : 'It starts again by itself with the next job.',
      cause?.stack ?? null,
    );
    this.name = 'EngineLostError';
  }
}

function lossText(cause: Error | null, memory: boolean): string {
  if (cause instanceof EngineHungError) return `${cause.message} It was ended.`;
  if (cause instanceof EngineKilledError)
    return memory ? 'Memory ran out, and the system ended the engine.' : 'The engine was ended from outside.';
  return memory ? 'The engine ran out of memory and ended.' : 'The engine ended unexpectedly.';
}

interface Engine {
  readonly home: EngineIsolation;
  readonly host: EngineHost;
  readonly client: Client<typeof engineContract>;
  /** True if the engine was given a task, and may have the next task's data cached. */
  isUsed: boolean;
  /** Error of an engine that was ended because it did not respond. */
  hung: EngineHungError | null;
}

/** The current task, or generations that run together, from the moment that the first is requested. */
interface Work {
  readonly assigned: Promise<{ engine: Engine; decided: EngineTask }>;
  readonly isJoinable: boolean;
  watchdog: EngineWatchdog | null;
  /** Receivers of events, by the number of a generation; null: of the one task. */
  readonly listeners: Map<number | null, (event: EngineEvent) => void>;
}

/** An engine that was started to be probed takes some 50 MB; a person who looks around may need none. */
const unusedMilliseconds = 15_000;

const noProcessReason =
  'It needs a separate engine process, and no Node was found to run one: set COTO_NODE to a Node 24.';

/**
 * Starts the engine on first use, in the isolation that the chosen compute backend needs, and restarts it after a
 * loss. Probes that could crash and all measurements run in temporary engines, so that neither a crash nor a switch
 * of backends affects the working one.
 */
export class EngineSupervisor {
  private readonly start: StartEngine;
  private readonly log: Log;
  private readonly unusedMilliseconds: number;
  private running: Engine | null = null;
  private work: Work | null = null;
  private closed = false;
  private reports: readonly ComputeBackendReport[] | null = null;
  private readonly kept: KnownBackends | null;
  /** Reports of an earlier start. */
  private readonly remembered: readonly ComputeBackendReport[] | null;
  private keeping: Promise<void> | undefined;
  private probing: Promise<readonly ComputeBackendReport[]> | null = null;
  private readonly trials = new Set<Engine>();
  private readonly patience: Patience;

  constructor(
    start: StartEngine,
    log: Log = silentLog,
    {
      ends = unusedMilliseconds,
      kept = null,
      patience = usualPatience,
    }: { ends?: number; kept?: KnownBackends | null; patience?: Patience } = {},
  ) {
    this.start = start;
    this.patience = patience;
    this.log = log;
    this.unusedMilliseconds = ends;
    this.kept = kept;
    this.remembered = kept?.read() ?? null;
  }

  /**
   * Runs a task to its end; throws the engine's StudioError or EngineLostError. After `device_lost` the next task
   * gets a new engine.
   * @param run number of a generation, which joins the generations that run: its events and its signals carry the number.
   */
  async run(task: EngineTask, onEvent: (event: EngineEvent) => void, run?: number): Promise<EngineResult> {
    const work = this.workWith(task, run !== undefined);
    work.listeners.set(run ?? null, onEvent);
    try {
      const { engine, decided } = await work.assigned;
      engine.isUsed = true;
      work.watchdog ??= this.watch(engine);
      const own = { ...task, compute: decided.compute };
      const numbered = run === undefined ? {} : { run };
      const result = await lostAsError(engine, engine.client.request('engine.run', { task: own, ...numbered })).catch(
        async (thrown: unknown) => {
          if (thrown instanceof StudioError && thrown.code === 'device_lost') await this.end(engine);
          throw thrown;
        },
      );
      // Events sent before the result may still be pending in this turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      return result;
    } finally {
      work.listeners.delete(run ?? null);
      if (work.listeners.size === 0) {
        work.watchdog?.stop();
        if (this.work === work) this.work = null;
      }
    }
  }

  /** The work that a generation joins, or new work on an engine of its own choice. */
  private workWith(task: EngineTask, joins: boolean): Work {
    if (joins && this.work?.isJoinable) return this.work;
    this.work = { assigned: this.assign(task), isJoinable: joins, watchdog: null, listeners: new Map() };
    return this.work;
  }

  private tell(event: EngineEvent): void {
    const { work } = this;
    work?.watchdog?.sign();
    const own = event.kind === 'run' ? work?.listeners.get(event.run) : undefined;
    if (event.kind === 'run' && own !== undefined) own(event.event);
    else work?.listeners.get(null)?.(event);
  }

  /** Signals the running task, or one of several that run together; a no-op without a task. */
  async signal(signal: EngineSignal, run?: number): Promise<void> {
    if (this.work === null) return;
    const { engine } = await this.work.assigned;
    const to = run === undefined ? {} : { run };
    await lostAsError(engine, engine.client.request('engine.signal', { signal, ...to }));
  }

  /** Known state of the compute backends for `choice`, if need be as an earlier start found them; null before the first probe. */
  backends(choice: ComputeChoice): readonly ComputeBackendReport[] | null {
    const known = this.reports ?? this.remembered;
    return known && withChoice(known, choice);
  }

  /** Memory of an engine in a process of its own. */
  get memoryBytes(): number {
    return this.running?.host.memoryBytes?.() ?? 0;
  }

  /** Probes every compute backend in its required isolation; rates measured before are kept. */
  async probe(): Promise<void> {
    this.probing ??= this.probeAll().finally(() => {
      this.probing = null;
      this.endUnused();
    });
    this.found(await this.probing);
  }

  /** Must be called before a task that leaves the choice open. */
  async prepare(): Promise<void> {
    if (this.reports === null) await this.probe();
  }

  /**
   * Measures the matmul rates of a backend, in a temporary engine: the running one keeps its backend.
   * @throws StudioError not_found if this version has no such backend.
   */
  async measure(id: ComputeId): Promise<ComputeBackendReport> {
    await this.prepare();
    const trial = this.open(computeIsolation[id]);
    try {
      const report = await this.tryOn(trial, id, true);
      if (report === null)
        throw new StudioError('not_found', `This version of the studio has no compute backend "${id}".`);
      this.found((this.reports ?? []).map((known) => (known.id === id ? report : known)));
      return report;
    } finally {
      if (trial) await this.end(trial);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const engines = [...this.trials, ...(this.running ? [this.running] : [])];
    await Promise.all(engines.map((engine) => this.end(engine)));
    await this.keeping;
  }

  /** Chooses the task's compute backend and ensures an engine in the isolation it needs. */
  private async assign(task: EngineTask): Promise<{ engine: Engine; decided: EngineTask }> {
    const choice = task.compute;
    // A running probe must not lose its engine to this task.
    await this.probing?.catch(() => undefined);
    if (choice !== 'auto') return { engine: await this.ensure(computeIsolation[choice]), decided: task };
    await this.prepare();
    const best = preferred(this.reports ?? [], 'auto');
    // Nothing works: the engine reports that.
    if (best === null) return { engine: await this.ensure('thread'), decided: task };
    return { engine: await this.ensure(computeIsolation[best.id]), decided: { ...task, compute: best.id } };
  }

  private async probeAll(): Promise<readonly ComputeBackendReport[]> {
    const found = await Promise.all([this.probeHome('process'), this.probeHome('thread')]);
    return found.flat().map((report) => {
      const known = (this.reports ?? this.remembered)?.find(({ id }) => id === report.id);
      if (!known || !report.available || known.device !== report.device) return report;
      const { gemmGflops, gemmBfloat16Gflops } = known;
      return { ...report, gemmGflops, gemmBfloat16Gflops };
    });
  }

  private found(reports: readonly ComputeBackendReport[]): void {
    this.reports = reports;
    // Without it the next start asks the engine.
    this.keeping = this.kept?.write(reports).catch((error: unknown) => {
      this.log.warn({ err: error }, 'what computes here was not kept');
    });
  }

  /** Ends the engine that was probed, if no task comes soon. */
  private endUnused(): void {
    const probed = this.running;
    if (probed === null || probed.isUsed) return;
    const timer = setTimeout(() => {
      if (this.running === probed && !probed.isUsed && this.work === null && this.probing === null)
        void this.end(probed);
    }, this.unusedMilliseconds);
    timer.unref();
  }

  private async probeHome(home: EngineIsolation): Promise<ComputeBackendReport[]> {
    const reports: ComputeBackendReport[] = [];
    // Backends that may run in a thread are probed in the working engine, which is likely to be needed next.
    const shared = home === 'thread' && (this.running ?? null)?.home !== 'process' ? await this.ensure(home) : null;
    let trial = shared;
    try {
      for (const id of offeredIds().filter((one) => computeIsolation[one] === home)) {
        if (trial === null || trial.client.closed) trial = this.open(home);
        const report = await this.tryOn(trial, id, false);
        if (report !== null) reports.push(report);
      }
      return reports;
    } finally {
      if (trial !== null && trial !== shared) await this.end(trial);
    }
  }

  /** Probes one backend; null if this version has none. An engine that crashes counts as a result. */
  private async tryOn(trial: Engine | null, id: ComputeId, measure: boolean): Promise<ComputeBackendReport | null> {
    if (trial === null) return unusable(id, noProcessReason);
    try {
      const answer = trial.client.request('engine.probe', { backend: id, measure });
      // A thread has no driver that could hang, and is not ended in the middle of a task.
      return await (trial.home === 'process' ? withinSeconds(this.patience.probeSeconds, answer) : answer);
    } catch (thrown) {
      if (thrown instanceof EngineHungError) return await this.giveUp(trial, id, thrown);
      if (this.closed) throw closing();
      const cause = trial.client.closed ? await trial.host.ended : thrown;
      return unusable(id, `It failed when tested: ${firstLine(cause)}`);
    }
  }

  /** An engine that hangs is ended; the next backend is probed in another. */
  private async giveUp(trial: Engine, id: ComputeId, cause: EngineHungError): Promise<ComputeBackendReport> {
    this.log.error({ err: cause }, 'the engine hung when a device was tested');
    trial.hung = cause;
    await trial.host.terminate();
    return unusable(id, `It hung when tested: ${firstLine(cause)} Update the driver of the device.`);
  }

  /** Only of a process: a thread has no driver that could hang. */
  private watch(engine: Engine): EngineWatchdog | null {
    if (engine.home !== 'process') return null;
    const ping = () => engine.client.request('engine.ping', {});
    return new EngineWatchdog(this.patience.silenceSeconds, ping, (error) => {
      engine.hung = error;
      void engine.host.terminate();
    });
  }

  private open(home: EngineIsolation): Engine | null {
    if (this.closed) throw closing();
    const log = this.log.child({ engine: home });
    const host = this.start(home, (line) => log.info(line));
    if (host === null) return null;
    log.info('the engine was started');
    void host.ended.then((cause) => {
      if (cause === null) log.info('the engine ended');
      else log.error({ err: cause }, 'the engine ended unexpectedly');
    });
    const client = connect(host.channel, engineContract, {
      onFault: (error) => log.error({ err: error }, 'the engine sent a malformed message'),
    });
    const engine: Engine = { home, host, client, isUsed: false, hung: null };
    this.trials.add(engine);
    client.onClose(() => this.trials.delete(engine));
    return engine;
  }

  private async ensure(home: EngineIsolation): Promise<Engine> {
    if (this.closed) throw closing();
    const present = this.running;
    if (present && !present.client.closed) {
      if (present.home === home) return present;
      // An idle engine would keep its device memory.
      await this.end(present);
    }
    const engine = this.open(home);
    if (engine === null)
      throw new StudioError('refused', noProcessReason, 'Choose another compute backend in Settings.');
    this.trials.delete(engine);
    engine.client.on('engine.event', (event) => this.tell(event));
    engine.client.onClose(() => {
      if (this.running === engine) this.running = null;
    });
    this.running = engine;
    return engine;
  }

  private async end(engine: Engine): Promise<void> {
    this.trials.delete(engine);
    if (this.running === engine) this.running = null;
    // Late messages of a task would reach a backend that is closing.
    await (this.work === null ? engine.host.end() : engine.host.terminate());
  }
}

/** COTO_COMPUTE_BACKENDS limits the backends to probe, e.g. "native,wasm"; every one can still be chosen by name. */
function offeredIds(): ComputeId[] {
  const named = process.env['COTO_COMPUTE_BACKENDS'];
  return computeIdSchema.options.filter((id) => named === undefined || named.split(',').includes(id));
}

function unusable(id: ComputeId, reason: string): ComputeBackendReport {
  return {
    id,
    label: computeLabels[id],
    available: false,
    chosen: false,
    kind: null,
    device: null,
    memoryBytes: null,
    card: null,
    reason,
    gemmGflops: null,
    gemmBfloat16Gflops: null,
  };
}

function closing(): StudioError {
  return new StudioError('disconnected', 'The studio is closing.');
}

async function lostAsError<Value>(engine: Engine, answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StudioError && error.code === 'disconnected' && engine.client.closed)
      throw new EngineLostError(engine.hung ?? (await engine.host.ended));
    throw error;
  }
}

function isOutOfMemory(error: Error): boolean {
  if (error instanceof EngineKilledError) return error.outOfMemory;
  const code = 'code' in error ? error.code : null;
  return (
    code === 'ERR_WORKER_OUT_OF_MEMORY' || /out of memory|allocation failed|cannot enlarge memory/i.test(error.message)
  );
}

function firstLine(cause: unknown): string {
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause ?? 'it ended')).split('\n');
  return line;
}
