import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineHost, StartEngine } from '../../src-main/backend/engine/engine-host.ts';
import { type Backend, type BackendOptions, createBackend } from '../../src-main/backend/index.ts';
import { serveReader } from '../../src-main/backend/reader/serve-reader.ts';
import type { StartReader } from '../../src-main/backend/reading/foreign-reader.ts';
import type { EngineIsolation } from '../../src-main/engine/compute/selection.ts';
import type { EngineResult, EngineTask } from '../../src-main/engine/contract.ts';
import type { EngineEvent, EngineSignal } from '../../src-main/engine/events.ts';
import { releaseWarmBase } from '../../src-main/engine/jobs/run-job.ts';
import { engineContract } from '../../src-main/engine/rpc-contract.ts';
import { serveEngine } from '../../src-main/engine/serve-engine.ts';
import type { EventName, EventPayload } from '../../src-shared/contract/events.ts';
import type { ComputeId } from '../../src-shared/domain/app/catalog.ts';
import { resultOf } from '../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../src-shared/domain/models/model.ts';
import { inProcessChannels } from '../../src-shared/rpc/in-process.ts';
import { serve } from '../../src-shared/rpc/serve.ts';
import { goldenPath } from '../engine/golden.ts';

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coto-backend-'));
  folders.push(folder);
  return folder;
}

export function removeTemporaryFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Resources with one bundled model, `tiny`: two layers, 28 × 28 grey images, ten labels. */
export function tinyResources(): string {
  const resources = temporaryFolder();
  cpSync(goldenPath('vit-28', 'base'), join(resources, 'models', 'tiny'), { recursive: true });
  cpSync(join(bundledResources, 'fonts'), join(resources, 'fonts'), { recursive: true });
  return resources;
}

/** An IDX folder, by default of ten classes: class k has its k-th band of rows bright, with a pattern of its own. */
export function tinyIdx(trainPerClass = 4, testPerClass = 2, classes = 10): string {
  const folder = temporaryFolder();
  writeSplit(folder, 'train', trainPerClass, classes);
  writeSplit(folder, 't10k', testPerClass, classes);
  return folder;
}

function writeSplit(folder: string, split: string, perClass: number, classes: number): void {
  const count = perClass * classes;
  const images = Buffer.alloc(16 + count * 784);
  images.writeUInt32BE(0x803, 0);
  for (const [index, value] of [count, 28, 28].entries()) images.writeUInt32BE(value, 4 + 4 * index);
  const labels = Buffer.alloc(8 + count);
  labels.writeUInt32BE(0x801, 0);
  labels.writeUInt32BE(count, 4);
  for (let example = 0; example < count; example++) {
    const label = example % classes;
    labels[8 + example] = label;
    for (let pixel = 0; pixel < 784; pixel++) {
      const row = Math.floor(pixel / 28);
      const bright = row >= label * 2 + 4 && row < label * 2 + 7;
      images[16 + example * 784 + pixel] = bright
        ? 200 + ((pixel * 7 + example * 13) % 55)
        : (pixel * 3 + example) % 20;
    }
  }
  writeFileSync(join(folder, `${split}-images-idx3-ubyte`), images);
  writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), labels);
}

/** The real engine, in this process. */
export const realEngine: StartEngine = (home) => {
  if (home === 'process') return null;
  const [backendEnd, engineEnd] = inProcessChannels();
  serveEngine(engineEnd);
  return hostOf(backendEnd, () => backendEnd.close());
};

/**
 * The real reader, in this process: it is started at once. Its processor time cannot be told apart from that of the
 * tests, and is not counted: on a loaded machine, the limit would end the first reading of a small file while its
 * library loads.
 */
export const readerInProcess: StartReader = () => {
  const [backendEnd, readerEnd] = inProcessChannels();
  serveReader(readerEnd);
  return { ...hostOf(backendEnd, () => backendEnd.close()), processorMilliseconds: () => 0 };
};

export interface ScriptedTask {
  readonly task: EngineTask;
  emit(event: EngineEvent): void;
  /** Resolves with the next signal that arrives. */
  nextSignal(): Promise<EngineSignal>;
  /** Ends the engine as a crash would. */
  die(cause: Error | null): void;
}

/** An engine that answers as the test says: for the queue's own behavior, where what is computed does not matter. */
export function scriptedEngine(
  run: (scripted: ScriptedTask) => Promise<EngineResult>,
): StartEngine & { starts: number } {
  const start = (home: EngineIsolation): EngineHost | null => {
    if (home === 'process') return null;
    start.starts++;
    const [backendEnd, engineEnd] = inProcessChannels();
    const waiting: ((signal: EngineSignal) => void)[] = [];
    const early: EngineSignal[] = [];
    let cause: Error | null = null;
    const server = serve(engineEnd, engineContract, {
      'engine.run': ({ task }) =>
        run({
          task,
          emit: (event) => server.emit('engine.event', event),
          nextSignal: () =>
            new Promise((resolve) => {
              const signal = early.shift();
              if (signal) resolve(signal);
              else waiting.push(resolve);
            }),
          die: (reason) => {
            cause = reason;
            engineEnd.close();
          },
        }),
      'engine.signal': ({ signal }) => {
        const resolve = waiting.shift();
        if (resolve) resolve(signal);
        else early.push(signal);
        return { ok: true } as const;
      },
      'engine.ping': () => ({ ok: true }) as const,
      'engine.probe': () => null,
    });
    return hostOf(
      backendEnd,
      () => backendEnd.close(),
      () => cause,
    );
  };
  start.starts = 0;
  return start;
}

export function hostOf(
  channel: EngineHost['channel'],
  end: () => void,
  cause: () => Error | null = () => null,
): EngineHost {
  return {
    channel,
    ended: new Promise((resolve) => channel.onClose(() => resolve(cause()))),
    terminate: async () => end(),
    end: async () => end(),
  };
}

export interface OpenBackend extends Backend {
  readonly home: string;
  /** Payloads of every event of a name so far. */
  seen<Name extends EventName>(name: Name): EventPayload<Name>[];
}

const open = new Set<Backend>();

export async function openBackend(
  options: Partial<BackendOptions> & { startEngine: StartEngine },
): Promise<OpenBackend> {
  const home = options.home ?? join(temporaryFolder(), 'home');
  const script = join(temporaryFolder(), 'plotly.js');
  mkdirSync(join(script, '..'), { recursive: true });
  writeFileSync(script, 'window.Plotly = { newPlot() {} };');
  const backend = await createBackend({
    resourcesDirectory: options.resourcesDirectory ?? tinyResources(),
    plotlyScript: script,
    startReader: readerInProcess,
    ...options,
    home,
  });
  open.add(backend);
  const record = <Name extends EventName>(name: Name): EventPayload<Name>[] => {
    const payloads: EventPayload<Name>[] = [];
    backend.on(name, (payload) => payloads.push(payload));
    return payloads;
  };
  const recorded: { readonly [Name in EventName]: EventPayload<Name>[] } = {
    'job.changed': record('job.changed'),
    'run.changed': record('run.changed'),
    'run.metrics': record('run.metrics'),
    'run.masks': record('run.masks'),
    'run.restarted': record('run.restarted'),
    'generation.text': record('generation.text'),
    'list.changed': record('list.changed'),
    notification: record('notification'),
  };
  return {
    ...backend,
    home,
    seen: (name) => recorded[name],
    close: async (grace) => {
      open.delete(backend);
      await backend.close(grace);
    },
  };
}

export async function closeBackends(): Promise<void> {
  for (const backend of open) await backend.close(0);
  open.clear();
  // An engine in this process would leave it to the tests that follow.
  releaseWarmBase();
  removeTemporaryFolders();
}

/** The smallest run: two steps of four examples. */
export const tinyConfig = {
  model: 'tiny',
  max_steps: 2,
  per_device_train_batch_size: 4,
  adapter: { r: 2, target_modules: ['q_proj', 'v_proj'] },
};

/** The model and the data that come with the studio. */
export const bundledResources = fileURLToPath(new URL('../../assets', import.meta.url));

/** Trains the bundled model for four steps of CoTo and answers the losses; the run must have completed on that backend. */
export async function lossesOn(backend: OpenBackend, compute_backend: ComputeId): Promise<readonly number[]> {
  const config = {
    compute_backend,
    max_steps: 4,
    per_device_train_batch_size: 8,
    eval_samples: 16,
    logging_steps: 1,
    adapter: { r: 4, target_modules: ['q_proj', 'v_proj'] },
    coto: {},
    seed: 3,
  };
  // Forgetting takes many times the work of the four steps: minutes on a software device.
  await backend.handle('settings.set', { forgetting: false });
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const { status, error, facts } = await backend.handle('runs.get', { id: run.id });
  if (status !== 'completed') throw new Error(`the run is ${status}: ${error?.message}`);
  if (facts?.backend !== compute_backend) throw new Error(`the run computed on ${facts?.backend}`);
  const { mean } = await backend.handle('runs.curve', { id: run.id, metric: 'loss' });
  return [...mean];
}

/** The model that a job has made. */
export async function madeModel(backend: Backend, jobId: string): Promise<ModelRecord> {
  const answer = await backend.handle('jobs.result', { id: jobId });
  const made = resultOf(answer, 'convert') ?? resultOf(answer, 'download');
  return backend.handle('models.get', { id: made?.modelId ?? '' });
}
