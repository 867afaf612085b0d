import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type ComputeBackendReport, type ComputeId, computeLabels } from '../../../src-shared/domain/app/catalog.ts';
import { type ComputeBackend, type ComputeProbe, unavailable } from './compute-backend.ts';
import { nativeBackend } from './native.ts';
import { type ComputeChoice, computeIsolation, preferred, requireAvailable } from './selection.ts';
import { tensorflowBackend } from './tensorflow/index.ts';
import { wasmBackend } from './wasm.ts';
import { webgpuBackend } from './webgpu/index.ts';

/** All compute backends. */
export const computeBackends: readonly ComputeBackend[] = [
  tensorflowBackend,
  webgpuBackend,
  nativeBackend,
  wasmBackend,
];

export interface ActiveCompute {
  readonly id: ComputeId;
  /** Null where there is no device. */
  readonly kind: ComputeProbe['kind'];
  readonly device: string;
  readonly threads: number;
}

let active: ComputeBackend | null = null;

let driversAllowed = false;

/** Decides whether this process may load drivers of GPUs, whose crash ends it. The app loads them in a child process instead. */
export function allowDrivers(allowed: boolean): void {
  driversAllowed = allowed;
}

/**
 * Activates the chosen backend in tfjs, or with `auto` the best one that may be loaded in this process or thread. Throws
 * StudioError('refused') with the reason if a chosen backend cannot be used. Activating the active one again only changes
 * the number of threads, by default one per core.
 */
export async function activateCompute(choice: ComputeChoice, threads?: number): Promise<ActiveCompute> {
  const backend = choice === 'auto' ? await best() : find(choice);
  const found = await probe(backend);
  requireAvailable(found);
  const started = await backend.activate(threads);
  active = backend;
  tf.enableProdMode();
  return { id: backend.id, kind: found.kind, ...started };
}

/** Reason why the active backend has failed, e.g. a lost device; null if it works. */
export function computeFailure(): StudioError | null {
  return active?.failure?.() ?? null;
}

/** See `ComputeBackend.followMemoryLimit`; takes some 0.1 ms. */
export function followMemoryLimit(): void {
  active?.followMemoryLimit?.();
}

/** Probes a backend and reports why it can or cannot be used, without its matmul rates. */
export async function reportOn(id: ComputeId): Promise<ComputeBackendReport | null> {
  const backend = computeBackends.find((candidate) => candidate.id === id);
  if (backend === undefined) return null;
  const { available, kind, device, memoryBytes = null, card = null, reason } = await probe(backend);
  const rates = { gemmGflops: null, gemmBfloat16Gflops: null };
  return { id, label: computeLabels[id], available, chosen: false, kind, device, memoryBytes, card, reason, ...rates };
}

async function best(): Promise<ComputeBackend> {
  const reports: ComputeBackendReport[] = [];
  for (const { id } of computeBackends) reports.push(...[await reportOn(id)].filter((report) => report !== null));
  const chosen = preferred(reports, 'auto');
  const backend = computeBackends.find(({ id }) => id === chosen?.id);
  if (backend !== undefined) return backend;
  const why = reports.map(({ label, reason }) => `${label}: ${reason}`).join(' ');
  throw new StudioError('internal', `No compute backend works on this machine. ${why}`);
}

function find(id: ComputeId): ComputeBackend {
  const backend = computeBackends.find((candidate) => candidate.id === id);
  if (backend !== undefined) return backend;
  throw new StudioError(
    'refused',
    `The compute backend "${id}" is not part of this version of the studio.`,
    `Choose one of: auto, ${computeBackends.map((candidate) => candidate.id).join(', ')}.`,
  );
}

async function probe(backend: ComputeBackend): Promise<ComputeProbe> {
  if (computeIsolation[backend.id] === 'process' && !driversAllowed && process.env['COTO_ENGINE_PROCESS'] !== 'child')
    return unavailable(
      `${computeLabels[backend.id]} can only be loaded in a separate engine process, and this engine runs in a thread.`,
    );
  return backend.probe();
}
