import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { toErrorValue } from '../../../src-shared/contract/errors.ts';
import { computeBackends } from '../compute/index.ts';
import type { ComputeChoice } from '../compute/selection.ts';
import { measureLoading } from './loading.ts';
import { describeMachine } from './machine.ts';
import { scheduleMasks } from './masks.ts';
import type { BenchEntry, BenchPrecision, BenchReport } from './report.ts';
import { timeInRounds } from './rounds.ts';
import { type PeerProgram, type Problem, type Seat, seatBackend, seatPyTorch } from './seats.ts';
import type { BenchShape } from './shape.ts';
import { benchShapes } from './shapes/index.ts';

export interface BenchOptions {
  readonly version: string;
  /** Cut-down shapes and few steps. */
  readonly quick: boolean;
  readonly shapes: readonly BenchShape[];
  readonly backends: readonly ComputeChoice[];
  readonly precisions: readonly BenchPrecision[];
  readonly peer: PeerProgram | { readonly reason: string };
  readonly threads: number;
  /** The folder that holds models/. */
  readonly resources: string;
  /** Told what is being done. */
  report(text: string): void;
}

/** What the bench runs on by itself: our own backends that work here. */
export async function defaultBackends(): Promise<ComputeChoice[]> {
  const own: ComputeChoice[] = [];
  for (const backend of computeBackends) {
    const isOwn = ['native', 'wasm'].includes(backend.id);
    if (isOwn && (await backend.probe()).available) own.push(backend.id);
  }
  return own;
}

export { benchShapes };

const limits = {
  whole: { rounds: 7, secondsPerContender: 20, masks: 32, megabytes: 512, productSeconds: 6 },
  quick: { rounds: 2, secondsPerContender: 1, masks: 4, megabytes: 32, productSeconds: 0.3 },
};

type Findings = Pick<BenchReport, 'entries' | 'missing' | 'products' | 'merging'>;

/** Times every contender on every shape, side by side. A contender that cannot take part is named with the reason. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const findings: Findings = { entries: [], missing: [], products: [], merging: [] };
  const folder = await mkdtemp(join(tmpdir(), 'coto-bench-'));
  const limit = options.quick ? limits.quick : limits.whole;
  try {
    if ('reason' in options.peer)
      findings.missing.push({ shape: null, contender: 'pytorch', precision: null, reason: options.peer.reason });
    for (const shape of options.shapes) await timeShape(options, shape, folder, findings);
    for (const backend of options.backends) await measureProducts(options, backend, folder, limit, findings);
    options.report('Reading safetensors');
    const loading = await measureLoading(folder, limit.megabytes);
    return {
      version: options.version,
      startedAt,
      quick: options.quick,
      seconds: (performance.now() - started) / 1000,
      machine: describeMachine(),
      shapes: options.shapes.map(({ id, label, detail }) => ({ id, label, detail })),
      ...findings,
      loading,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function timeShape(options: BenchOptions, shape: BenchShape, folder: string, findings: Findings): Promise<void> {
  const { quick, precisions, peer, threads, resources, report } = options;
  const limit = quick ? limits.quick : limits.whole;
  const exchange = join(folder, `${shape.id}.safetensors`);
  const problem: Problem = { shape: shape.id, small: quick, exchange, resources };
  const seats: Seat[] = [];
  const missing = (contender: string, precision: BenchPrecision | null, thrown: unknown) =>
    findings.missing.push({ shape: shape.id, contender, precision, reason: toErrorValue(thrown).message });
  try {
    for (const precision of precisions)
      for (const backend of options.backends) {
        report(`${shape.label}: loading on ${backend} in ${precision}`);
        try {
          seats.push(await seatBackend(backend, precision, threads, problem, seats.length === 0));
        } catch (thrown) {
          missing(backend, precision, thrown);
        }
      }
    if (!('reason' in peer) && seats.length > 0) {
      report(`${shape.label}: looking for PyTorch's best`);
      try {
        seats.push(...(await seatPyTorch(peer, precisions, availableParallelism(), problem)).seats);
      } catch (thrown) {
        missing('pytorch', null, thrown);
      }
    }
    report(`${shape.label}: timing ${seats.map(({ contender, precision }) => `${contender} ${precision}`).join(', ')}`);
    const layers = quick ? Math.min(shape.layers, shape.smallLayers) : shape.layers;
    const times = await timeInRounds(seats, scheduleMasks(limit.masks, layers), limit);
    const entries: BenchEntry[] = [];
    for (const [index, seat] of seats.entries()) {
      const taken = times[index];
      if (taken === undefined) continue;
      const { contender, precision, configuration, losses } = seat;
      const isPeer = contender === 'pytorch';
      const outside = isPeer ? null : (await seat.process.ask({ do: 'outside-kernels', steps: quick ? 1 : 3 })).share;
      if (!isPeer && precision === 'float32') {
        const { milliseconds, parameters } = await seat.process.ask({ do: 'merge', rounds: quick ? 1 : 3 });
        const valuesPerSecond = (1000 * parameters) / Math.min(...milliseconds);
        findings.merging.push({ shape: shape.id, contender, valuesPerSecond });
      }
      entries.push({
        shape: shape.id,
        contender,
        precision,
        configuration,
        ...taken,
        losses: [...losses],
        lossDifference: largestDifference(losses, seats[0]?.losses ?? losses),
        outsideKernels: outside,
      });
    }
    findings.entries.push(...entries.filter((entry) => isBestOfItsKind(entry, entries)));
  } finally {
    for (const seat of seats) await seat.process.close();
  }
}

async function measureProducts(
  options: BenchOptions,
  backend: ComputeChoice,
  folder: string,
  { productSeconds }: { productSeconds: number },
  findings: Findings,
): Promise<void> {
  const [shape] = options.shapes;
  if (shape === undefined) return;
  for (const precision of options.precisions) {
    if (!findings.entries.some((entry) => entry.contender === backend && entry.precision === precision)) continue;
    options.report(`Products on ${backend} in ${precision}`);
    const problem = { shape: shape.id, small: true, exchange: join(folder, 'unused'), resources: options.resources };
    const seat = await seatBackend(backend, precision, options.threads, problem, false);
    try {
      const { rates } = await seat.process.ask({ do: 'products', seconds: productSeconds });
      findings.products.push({ contender: backend, precision, rates });
    } finally {
      await seat.process.close();
    }
  }
}

function largestDifference(losses: readonly number[], reference: readonly number[]): number {
  return Math.max(...losses.map((loss, index) => Math.abs(loss / (reference[index] ?? Number.NaN) - 1)));
}

/** Of a contender that was tried in several ways, the one with the lowest median is its best. */
function isBestOfItsKind(entry: BenchEntry, entries: readonly BenchEntry[]): boolean {
  return !entries.some(
    (other) =>
      other.contender === entry.contender &&
      other.precision === entry.precision &&
      other.lora.median < entry.lora.median,
  );
}
