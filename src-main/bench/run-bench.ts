import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { toErrorValue } from '../../src-shared/contract/errors.ts';
import { adapterVariant, adapterVariants } from '../engine/api/adapters.ts';
import { computeBackends } from '../engine/api/backends.ts';
import type { ComputeChoice } from '../engine/api/compute.ts';
import { measureLoading } from './loading.ts';
import { describeMachine } from './machine.ts';
import { scheduleMasks } from './masks.ts';
import { Patience } from './patience.ts';
import type { Clock } from './protocol.ts';
import type { BenchEntry, BenchPrecision, BenchReport } from './report.ts';
import { type SessionTimes, timeInRounds } from './rounds.ts';
import {
  type Ending,
  openBackendSession,
  openPyTorchSession,
  type PeerProgram,
  type Problem,
  type Session,
  tunePyTorch,
} from './sessions.ts';
import { stepTime } from './statistics.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads/index.ts';

/** Ids of the adapter variants that can be timed. */
const benchVariants: readonly string[] = adapterVariants.map(({ declaration }) => declaration.id);

/** Adapters timed by default: the ones that the PyTorch peer supports. */
const benchAdapters: readonly string[] = ['lora', 'dora', 'hira'];

/** Parts of the bench: steps beside each other, runs trained together, products, reading weights. */
export const benchParts = ['steps', 'together', 'products', 'loading'] as const;
export type BenchPart = (typeof benchParts)[number];

/** Runs that are trained together, and the batch of each. */
const together = { count: 5, batch: 8 };

export interface BenchOptions {
  readonly version: string;
  /** Reduced workloads and few steps. */
  readonly quick: boolean;
  readonly shapes: readonly Workload[];
  readonly backends: readonly ComputeChoice[];
  readonly precisions: readonly BenchPrecision[];
  /** Ids of adapter variants. */
  readonly adapters: readonly string[];
  readonly parts: readonly BenchPart[];
  readonly peer: PeerProgram | { readonly reason: string };
  readonly threads: number;
  /** Clock for timing steps. */
  readonly clock?: Clock;
  /** The folder that holds models/. */
  readonly resources: string;
  /** Receives progress messages. */
  report(text: string): void;
  /** Receives the report so far after every round and part, so that an interrupted bench keeps its rows. */
  keep?(sofar: BenchReport): Promise<void>;
  /** Ends the bench at once where it aborts: the report has what was measured until then. */
  readonly signal?: AbortSignal;
}

/** Default backends of the bench: the studio's own that work here. */
export async function defaultBackends(): Promise<ComputeChoice[]> {
  const own: ComputeChoice[] = [];
  for (const backend of computeBackends) {
    const isOwn = ['native', 'wasm'].includes(backend.id);
    if (isOwn && (await backend.probe()).available) own.push(backend.id);
  }
  return own;
}

export { benchAdapters, benchVariants, workloads };

const limits = {
  whole: { rounds: 7, secondsPerSeat: 6, masks: 32, megabytes: 512, gemmSeconds: 6, togetherSeconds: 12 },
  quick: { rounds: 2, secondsPerSeat: 1, masks: 4, megabytes: 32, gemmSeconds: 0.3, togetherSeconds: 0.1 },
};

/** A step of a large workload takes seconds: three of each are its median. */
const long = { rounds: 3 };

const everything = { precision: null, adapter: null };

/** Milliseconds of steps over which the share outside kernels is measured. */
const outsideMilliseconds = 1500;

type Findings = Pick<BenchReport, 'entries' | 'missing' | 'gemm' | 'merging' | 'together'>;

/** Hands on what was found so far. */
type Keep = () => Promise<void>;

/**
 * Times every runner with every adapter on every workload, in interleaved rounds. A runner that cannot take part is
 * listed with the reason.
 */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const findings: Findings = { entries: [], missing: [], gemm: [], merging: [], together: [] };
  let loading: BenchReport['loading'] = [];
  const reportOf = (complete: boolean): BenchReport => ({
    version: options.version,
    startedAt,
    quick: options.quick,
    seconds: (performance.now() - started) / 1000,
    complete,
    machine: describeMachine(),
    shapes: options.shapes.map(({ id, label, detail }) => ({ id, label, detail })),
    adapters: options.adapters.map((id) => ({ id, label: adapterVariant(id).declaration.label })),
    ...findings,
    loading,
  });
  const keep = async () => options.keep?.(reportOf(false));
  const folder = await mkdtemp(join(tmpdir(), 'coto-bench-'));
  const limit = options.quick ? limits.quick : limits.whole;
  try {
    const { parts } = options;
    if ('reason' in options.peer && parts.includes('steps'))
      findings.missing.push({ ...everything, shape: null, contender: 'pytorch', reason: options.peer.reason });
    if (parts.includes('steps'))
      for (const shape of options.shapes)
        for (const precisions of shape.isLarge ? options.precisions.map((one) => [one]) : [options.precisions])
          await timeShape({ ...options, precisions }, shape, folder, findings, keep);
    if (parts.includes('together')) await timeTogether(options, folder, limit, findings, keep);
    if (parts.includes('products'))
      for (const backend of options.backends) {
        await measureGemm(options, backend, folder, limit, findings);
        await keep();
      }
    const reads = parts.includes('loading');
    if (reads) options.report('Reading safetensors');
    if (reads) loading = await measureLoading(folder, limit.megabytes);
    return reportOf(true);
  } catch (thrown) {
    if (options.signal?.aborted !== true) throw thrown;
    return reportOf(false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timeShape(
  options: BenchOptions,
  shape: Workload,
  folder: string,
  findings: Findings,
  keep: Keep,
): Promise<void> {
  const { quick, report } = options;
  const limit = { ...(quick ? limits.quick : limits.whole), ...(shape.isLarge && { long }) };
  const sessions: Session[] = [];
  try {
    await openSessions(options, shape, folder, findings, sessions);
    const names = sessions.map(({ contender, precision, adapter }) => `${contender} ${precision} ${adapter}`);
    report(`${shape.label}: timing ${names.join(', ')}`);
    const layers = quick ? Math.min(shape.layers, shape.smallLayers) : shape.layers;
    const before = findings.entries;
    const times = await timeInRounds(sessions, scheduleMasks(limit.masks, layers), limit, async (sofar) => {
      findings.entries = [...before, ...bestEntries(shape, sessions, sofar)];
      await keep();
    });
    const entries = entriesOf(shape, sessions, times);
    for (const [index, session] of sessions.entries()) {
      const entry = entries[index];
      if (entry === undefined) continue;
      const { contender, isPeer, precision, adapter, process } = session;
      const steps = quick ? 1 : Math.ceil(outsideMilliseconds / entry.plain.median);
      if (!isPeer) entry.outsideKernels = (await process.ask({ do: 'outside-kernels', steps })).share;
      if (!isPeer && precision === 'float32' && !shape.isLarge) {
        const { milliseconds, parameters } = await process.ask({ do: 'merge', rounds: quick ? 1 : 3 });
        const valuesPerSecond = (1000 * parameters) / Math.min(...milliseconds);
        findings.merging.push({ shape: shape.id, contender, adapter, valuesPerSecond });
      }
    }
    findings.entries = [...before, ...entries.filter((entry) => isBestOfItsKind(entry, entries))];
    await keep();
  } finally {
    for (const session of sessions) await session.process.close();
  }
}

/** An entry for each session, by its times. */
function entriesOf(shape: Workload, sessions: readonly Session[], times: readonly SessionTimes[]): BenchEntry[] {
  return times.flatMap((taken, index) => {
    const session = sessions[index];
    if (session === undefined) return [];
    const { contender, precision, adapter, configuration, losses } = session;
    const reference = sessions.find((other) => other.adapter === adapter) ?? session;
    return {
      shape: shape.id,
      contender,
      precision,
      adapter,
      configuration,
      ...taken,
      losses: [...losses],
      lossDifference: largestDifference(losses, reference.losses),
      outsideKernels: null,
    };
  });
}

function bestEntries(...given: Parameters<typeof entriesOf>): BenchEntry[] {
  const entries = entriesOf(...given);
  return entries.filter((entry) => isBestOfItsKind(entry, entries));
}

/** Opens a session for each runner, precision and adapter; the first one with an adapter writes its problem file. */
async function openSessions(
  { quick, precisions, adapters, backends, peer, threads, resources, clock = 'elapsed', report, signal }: BenchOptions,
  shape: Workload,
  folder: string,
  findings: Findings,
  sessions: Session[],
): Promise<void> {
  const ending: Ending = { signal, patience: new Patience() };
  const missing = (of: Partial<BenchReport['missing'][number]> & { contender: string }, thrown: unknown) =>
    findings.missing.push({ ...everything, shape: shape.id, ...of, reason: toErrorValue(thrown).message });
  const problems = adapters.map((adapter): Problem => {
    const exchange = join(folder, `${shape.id}-${adapter}.safetensors`);
    return { shape: shape.id, adapter, small: quick, exchange, resources, clock };
  });
  for (const precision of precisions)
    for (const backend of backends) {
      report(`${shape.label}: loading on ${backend} in ${precision}`);
      const refused: { readonly adapter: string; readonly thrown: unknown }[] = [];
      for (const problem of problems)
        try {
          const writes = sessions.every(({ adapter }) => adapter !== problem.adapter);
          sessions.push(await openBackendSession(backend, precision, threads, problem, writes, ending));
        } catch (thrown) {
          signal?.throwIfAborted();
          refused.push({ adapter: problem.adapter, thrown });
        }
      // If all adapters fail, the cause is the backend's precision.
      if (refused.length === problems.length) missing({ contender: backend, precision }, refused[0]?.thrown);
      else for (const { adapter, thrown } of refused) missing({ contender: backend, precision, adapter }, thrown);
    }
  const [first] = problems;
  if ('reason' in peer || first === undefined || sessions.length === 0) return;
  if (shape.isWithoutPeers)
    return void missing(
      { contender: 'pytorch' },
      new Error(`PyTorch's program has no model of the shape ${shape.label}`),
    );
  report(`${shape.label}: tuning PyTorch`);
  try {
    // Base, batch and optimizer do not depend on the adapter: the first one's best configuration is used for all.
    const cores = clock === 'processor' ? threads : availableParallelism();
    const tuning = { ...ending, isLarge: shape.isLarge === true };
    const { ways, refusals } = await tunePyTorch(peer, precisions, cores, first, tuning);
    for (const { precision, thrown } of refusals) missing({ contender: 'pytorch', precision }, thrown);
    for (const problem of problems)
      try {
        for (const way of ways) sessions.push(await openPyTorchSession(peer, way, problem, ending));
      } catch (thrown) {
        signal?.throwIfAborted();
        missing({ contender: 'pytorch', adapter: problem.adapter }, thrown);
      }
  } catch (thrown) {
    signal?.throwIfAborted();
    missing({ contender: 'pytorch' }, thrown);
  }
}

/** Runs trained together on the first backend, with the first adapter, on every workload. */
async function timeTogether(
  { shapes, adapters, backends, precisions, quick, resources, threads, report, signal }: BenchOptions,
  folder: string,
  { togetherSeconds }: { togetherSeconds: number },
  findings: Findings,
  keep: Keep,
): Promise<void> {
  const [backend] = backends;
  const [adapter] = adapters;
  if (backend === undefined || adapter === undefined) return;
  for (const shape of shapes.filter(({ isLarge }) => !isLarge))
    for (const precision of precisions) {
      const isMissing = findings.missing.some((one) => one.contender === backend && one.precision === precision);
      if (isMissing) continue;
      report(`${shape.label}: ${together.count} runs together on ${backend} in ${precision}`);
      const exchange = join(folder, 'unused');
      const problem: Problem = { shape: shape.id, adapter, small: quick, exchange, resources, clock: 'elapsed' };
      try {
        const session = await openBackendSession(backend, precision, threads, problem, false, {
          signal,
          patience: new Patience(),
        });
        try {
          const ask = { do: 'together', ...together, seconds: togetherSeconds } as const;
          const { rounds, difference } = await session.process.ask(ask);
          findings.together.push({
            ...{ shape: shape.id, contender: backend, precision, adapter, difference },
            ...{ runs: together.count, batch: together.batch },
            apart: stepTime(rounds.map((round) => round.apart)),
            together: stepTime(rounds.map((round) => round.together)),
            wide: stepTime(rounds.map((round) => round.wide)),
          });
        } finally {
          await session.process.close();
        }
        await keep();
      } catch (thrown) {
        signal?.throwIfAborted();
        const reason = toErrorValue(thrown).message;
        findings.missing.push({ shape: shape.id, contender: backend, precision, adapter, reason });
      }
    }
}

async function measureGemm(
  options: BenchOptions,
  backend: ComputeChoice,
  folder: string,
  { gemmSeconds }: { gemmSeconds: number },
  findings: Findings,
): Promise<void> {
  const [shape] = options.shapes;
  const [adapter] = options.adapters;
  if (shape === undefined || adapter === undefined) return;
  for (const precision of options.precisions) {
    const isMissing = findings.missing.some((one) => one.contender === backend && one.precision === precision);
    if (isMissing) continue;
    options.report(`Products on ${backend} in ${precision}`);
    const exchange = join(folder, 'unused');
    const { resources } = options;
    const problem: Problem = { shape: shape.id, adapter, small: true, exchange, resources, clock: 'elapsed' };
    const session = await openBackendSession(backend, precision, options.threads, problem, false, {
      signal: options.signal,
      patience: new Patience(),
    });
    try {
      const { rates } = await session.process.ask({ do: 'gemm', seconds: gemmSeconds });
      findings.gemm.push({ contender: backend, precision, rates });
    } finally {
      await session.process.close();
    }
  }
}

function largestDifference(losses: readonly number[], reference: readonly number[]): number {
  return Math.max(...losses.map((loss, index) => Math.abs(loss / (reference[index] ?? Number.NaN) - 1)));
}

/** Keeps the configuration of a runner with the lowest median. */
function isBestOfItsKind(entry: BenchEntry, entries: readonly BenchEntry[]): boolean {
  return !entries.some(
    (other) =>
      other.contender === entry.contender &&
      other.precision === entry.precision &&
      other.adapter === entry.adapter &&
      other.plain.median < entry.plain.median,
  );
}
