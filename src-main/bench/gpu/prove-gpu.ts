import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import { describeMachine } from '../machine.ts';
import { workloads } from '../workloads/index.ts';
import {
  exchangeFile,
  finishConformance,
  type ProofOptions,
  proofWeight,
  proveBackend,
  unprovenBackend,
} from './prove-backend.ts';
import { timePyTorch } from './pytorch.ts';
import type { GpuReport } from './report.ts';
import { leftOut, TimeBudget } from './time-budget.ts';
import { type TrajectoryId, trajectoryIds } from './trajectory-ids.ts';

/** Share of the time, as a part of a backend's. */
const pytorchWeight = 6;

const gpuBackends = ['webgpu', 'tensorflow'] as const satisfies readonly ComputeId[];

export interface GpuProofOptions {
  readonly version: string;
  /** Small sizes: whether it works, not how fast it is. */
  readonly quick: boolean;
  /** Null: those of a GPU. */
  readonly backends: readonly ComputeId[] | null;
  /** Workloads of the bench by id. */
  readonly shapes: readonly string[];
  /** All where they are left out, or where it is quick the first two. */
  readonly trajectories?: readonly TrajectoryId[];
  /** All of it takes at most so long. */
  readonly seconds: number;
  /** At most so many seconds for the conformance suite. */
  readonly conformanceSeconds?: number;
  /** A Python with torch; null: the one of PATH. */
  readonly python: string | null;
  /** The folder that holds models/. */
  readonly resources: string;
  readonly signal?: AbortSignal;
  report(text: string): void;
  /** Gets the report so far after every part, so that an interrupted proof keeps what it has. */
  keep?(sofar: GpuReport): Promise<void>;
}

/** Proves and measures every GPU backend that loads here, each part in a process that may crash or hang. */
export async function proveGpu(options: GpuProofOptions): Promise<GpuReport> {
  const { version, quick, resources, signal, python } = options;
  const backends = options.backends ?? gpuBackends;
  const started = performance.now();
  const startedAt = new Date().toISOString();
  const shapes = workloads.filter(({ id }) => options.shapes.includes(id));
  const { cpu, cores, platform, node, memoryBytes } = describeMachine();
  const report: GpuReport = {
    version,
    startedAt,
    seconds: 0,
    quick,
    complete: false,
    machine: { cpu, cores, platform, node, memoryBytes },
    backends: [],
    pytorch: { python: null, version: null, device: null, reason: 'It was not reached.', steps: [] },
  };
  const trajectories = options.trajectories ?? (quick ? trajectoryIds.slice(0, 2) : trajectoryIds);
  const folder = await mkdtemp(join(tmpdir(), 'coto-gpu-'));
  const keep = async () => {
    report.seconds = (performance.now() - started) / 1000;
    await options.keep?.(report);
  };
  const weight = backends.length * proofWeight({ shapes, trajectories }) + pytorchWeight;
  const budget = new TimeBudget(options.seconds, weight);
  const left = () => `[${minutes(budget.remaining)} left at most] `;
  const tell = (text: string) => options.report(`${left()}${text}`);
  const isNamed = options.backends !== null;
  const { conformanceSeconds } = options;
  const proof: ProofOptions = {
    quick,
    isNamed,
    conformanceSeconds,
    shapes,
    trajectories,
    resources,
    folder,
    signal,
    report: tell,
  };
  try {
    for (const id of backends) {
      const backend = unprovenBackend(id);
      report.backends.push(backend);
      await proveBackend(backend, proof, budget, keep);
    }
    const small = quick || report.backends.every(({ adapter }) => adapter?.kind !== 'gpu');
    const seconds = budget.take(pytorchWeight);
    const exchange = (shape: { id: string }) => exchangeFile(folder, shape, small);
    if (!report.backends.some(({ available }) => available))
      report.pytorch.reason = 'There is no device to compare it with.';
    else if (seconds === null) report.pytorch.reason = leftOut;
    else report.pytorch = await timePyTorch({ python, shapes, small, exchange, seconds, signal, report: tell });
    for (const backend of report.backends) await finishConformance(backend, proof, budget, keep);
    report.complete = true;
  } catch (thrown) {
    if (signal?.aborted !== true) throw thrown;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await keep();
  return report;
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
