import { StudioError } from '../../src-shared/contract/errors.ts';
import type { ComputeBackendReport } from '../../src-shared/domain/catalog.ts';
import { type Client, connect } from '../../src-shared/rpc/connect.ts';
import type { EngineEvent, EngineResult, EngineSignal, EngineTask } from '../engine/contract.ts';
import { engineContract } from '../engine/rpc-contract.ts';
import type { EngineHost, StartEngine } from './engine-host.ts';

/** The engine itself ended while it worked: what it was doing is interrupted, not wrong. */
export class EngineLostError extends StudioError {
  constructor(cause: Error | null) {
    const memory = cause !== null && isOutOfMemory(cause);
    super(
      memory ? 'out_of_memory' : 'disconnected',
      memory ? 'The engine ran out of memory and ended.' : 'The engine ended unexpectedly.',
      memory
        ? 'Lower per_device_train_batch_size (raise gradient_accumulation_steps to keep the effective batch).'
        : 'It starts again by itself with the next job.',
      cause?.stack ?? null,
    );
    this.name = 'EngineLostError';
  }
}

interface Running {
  readonly host: EngineHost;
  readonly client: Client<typeof engineContract>;
}

/** Starts the engine when it is first needed, and again after it was lost. */
export class EngineSupervisor {
  private readonly start: StartEngine;
  private running: Running | null = null;
  private onEvent: ((event: EngineEvent) => void) | null = null;
  private closed = false;
  private reports: readonly ComputeBackendReport[] | null = null;

  constructor(start: StartEngine) {
    this.start = start;
  }

  /** Runs a task to its end; throws the engine's own StudioError, or EngineLostError. */
  async run(task: EngineTask, onEvent: (event: EngineEvent) => void): Promise<EngineResult> {
    const engine = this.ensure();
    this.onEvent = onEvent;
    try {
      const result = await lostAsError(engine, engine.client.request('engine.run', { task }));
      // Events that were sent before the answer may still wait in this turn of the loop.
      await new Promise((resolve) => setImmediate(resolve));
      return result;
    } finally {
      this.onEvent = null;
    }
  }

  /** Tells the running task; without effect when no engine is there. */
  async signal(signal: EngineSignal): Promise<void> {
    const engine = this.running;
    if (engine) await lostAsError(engine, engine.client.request('engine.signal', { signal }));
  }

  /** What the engine last said of its compute backends; null before it was ever asked. */
  get lastProbe(): readonly ComputeBackendReport[] | null {
    return this.reports;
  }

  /** Asks the engine what it can compute on. Not while a task runs: measuring a backend makes it the active one. */
  async probe(): Promise<readonly ComputeBackendReport[]> {
    const engine = this.ensure();
    this.reports = await lostAsError(engine, engine.client.request('engine.probe', {}));
    return this.reports;
  }

  /** To be called before a task, so that its compute backends are known while it runs. */
  async prepare(): Promise<void> {
    if (this.reports === null) await this.probe();
  }

  async close(): Promise<void> {
    this.closed = true;
    const engine = this.running;
    this.running = null;
    await engine?.host.terminate();
  }

  private ensure(): Running {
    if (this.closed) throw new StudioError('disconnected', 'The studio is being closed.');
    if (this.running && !this.running.client.closed) return this.running;
    const host = this.start();
    const client = connect(host.channel, engineContract, {
      onFault: (error) => console.error('The engine sent something malformed:', error.message),
    });
    client.on('engine.event', (event) => this.onEvent?.(event));
    const engine: Running = { host, client };
    client.onClose(() => {
      if (this.running === engine) this.running = null;
    });
    this.running = engine;
    return engine;
  }
}

async function lostAsError<Value>(engine: Running, answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StudioError && error.code === 'disconnected' && engine.client.closed)
      throw new EngineLostError(await engine.host.ended);
    throw error;
  }
}

function isOutOfMemory(error: Error): boolean {
  const code = 'code' in error ? error.code : null;
  return (
    code === 'ERR_WORKER_OUT_OF_MEMORY' || /out of memory|allocation failed|cannot enlarge memory/i.test(error.message)
  );
}
