import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackendReport, Settings } from '../../../src-shared/domain/catalog.ts';
import type { ComputeBackend } from './compute-backend.ts';
import { nativeBackend } from './native.ts';
import { tensorflowBackend } from './tensorflow.ts';
import { wasmBackend } from './wasm.ts';

export type ComputeChoice = Settings['compute_backend'];

/** Every compute backend, the preferred ones first. */
export const computeBackends: readonly ComputeBackend[] = [tensorflowBackend, nativeBackend, wasmBackend];

export interface ActiveCompute {
  readonly id: string;
  readonly device: string;
  readonly threads: number;
  /** Why this one was taken. */
  readonly reason: string;
}

/**
 * Makes tfjs run on the chosen backend, or with `auto` on the first that probes well. Throws StudioError('refused') saying
 * why a chosen backend cannot be used. Activating the active one again changes nothing but the number of threads; without
 * one a backend takes as many as there are cores.
 */
export async function activateCompute(choice: ComputeChoice, threads?: number): Promise<ActiveCompute> {
  const { backend, reason } = await select(choice);
  const started = await backend.activate(threads);
  tf.enableProdMode();
  return { id: backend.id, ...started, reason };
}

/**
 * Tries every backend and says why it can or cannot be used; `chosen` marks what `choice` leads to. The product rate is
 * measured on the chosen one only, since measuring another would switch the engine over to it.
 */
export async function probeComputeBackends(choice: ComputeChoice = 'auto'): Promise<ComputeBackendReport[]> {
  const selected = await select(choice).catch(() => null);
  const reports: ComputeBackendReport[] = [];
  for (const backend of computeBackends) {
    const { available, device, reason } = await backend.probe();
    const chosen = backend === selected?.backend;
    reports.push({
      id: backend.id,
      label: backend.label,
      available,
      chosen,
      device,
      reason: chosen ? selected.reason : reason,
      gemmGflops: chosen ? await measureProducts(backend) : null,
    });
  }
  return reports;
}

async function select(choice: ComputeChoice): Promise<{ backend: ComputeBackend; reason: string }> {
  if (choice !== 'auto') {
    const backend = computeBackends.find((candidate) => candidate.id === choice);
    if (backend === undefined)
      throw new StudioError(
        'refused',
        `The compute backend "${choice}" is not part of this version of the studio.`,
        `Choose one of: auto, ${computeBackends.map((candidate) => candidate.id).join(', ')}.`,
      );
    const state = await backend.probe();
    if (!state.available) throw new StudioError('refused', state.reason, 'Choose "auto" to take what works here.');
    return { backend, reason: 'Chosen in the settings.' };
  }
  const passedOver: string[] = [];
  for (const backend of computeBackends) {
    const state = await backend.probe();
    if (state.available) return { backend, reason: ['The best that works here.', ...passedOver].join(' ') };
    passedOver.push(`${backend.label}: ${state.reason}`);
  }
  throw new StudioError('internal', `No compute backend works on this machine. ${passedOver.join(' ')}`);
}

/** float32 product 512 × 512 × 512, best of five, in GFLOPS. */
async function measureProducts(backend: ComputeBackend): Promise<number> {
  await backend.activate();
  const size = 512;
  const [a, b] = [tf.ones([size, size]), tf.ones([size, size])];
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const c = tf.matMul(a, b);
    await c.data();
    best = Math.min(best, performance.now() - start);
    c.dispose();
  }
  tf.dispose([a, b]);
  return (2 * size ** 3) / best / 1e6;
}
