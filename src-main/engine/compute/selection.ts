import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackendReport, ComputeId, Settings } from '../../../src-shared/domain/catalog.ts';

export type ComputeChoice = Settings['compute_backend'];

/**
 * Where a backend may be loaded. `process`: only by an engine in a process of its own, since its driver can end the process
 * that it is in, or does where a thread is ended in the middle of its work. `thread`: anywhere.
 */
export type EngineIsolation = 'thread' | 'process';

export const computeIsolation: Readonly<Record<ComputeId, EngineIsolation>> = {
  tensorflow: 'process',
  webgpu: 'process',
  native: 'thread',
  wasm: 'thread',
};

export const computeLabels: Readonly<Record<ComputeId, string>> = {
  tensorflow: 'TensorFlow',
  webgpu: 'WebGPU',
  native: 'Native CPU',
  wasm: 'WebAssembly',
};

/** The best first. What a backend runs on counts as much as the backend; what is not listed is only taken by name. */
const preference: readonly (readonly [ComputeId, NonNullable<ComputeBackendReport['kind']>])[] = [
  ['tensorflow', 'gpu'],
  ['webgpu', 'gpu'],
  ['native', 'cpu'],
  ['tensorflow', 'cpu'],
  ['wasm', 'cpu'],
];

/** The reports in the order in which `auto` tries them: what it would never take, and what is not there, comes last. */
export function byPreference(reports: readonly ComputeBackendReport[]): ComputeBackendReport[] {
  return [...reports].sort((one, other) => rank(one) - rank(other));
}

/** What `choice` leads to, or null where nothing that may be chosen by itself works. */
export function preferred(
  reports: readonly ComputeBackendReport[],
  choice: ComputeChoice,
): ComputeBackendReport | null {
  if (choice !== 'auto') return reports.find((report) => report.id === choice) ?? null;
  return byPreference(reports).find(mayBeTakenAlone) ?? null;
}

/** The same reports with the one marked that `choice` leads to, in the order of preference, each with its reason. */
export function withChoice(reports: readonly ComputeBackendReport[], choice: ComputeChoice): ComputeBackendReport[] {
  const chosen = preferred(reports, choice);
  const reason = choice === 'auto' ? 'The best that works here.' : 'Chosen in the settings.';
  return byPreference(reports).map((report) => {
    if (report.id !== chosen?.id) return { ...report, chosen: false };
    return { ...report, chosen: true, reason: report.available ? `${reason} ${report.reason}` : report.reason };
  });
}

/** @throws StudioError refused, with the reason and the way out, where the backend cannot be used. */
export function requireAvailable(report: Pick<ComputeBackendReport, 'available' | 'reason'>): void {
  if (!report.available) throw new StudioError('refused', report.reason, 'Choose "auto" to take what works here.');
}

function mayBeTakenAlone(report: ComputeBackendReport): boolean {
  return report.available && position(report) >= 0;
}

function position(report: ComputeBackendReport): number {
  return preference.findIndex(([id, kind]) => id === report.id && kind === report.kind);
}

/** What cannot be used stands where it would stand on the best device that it could have. */
function rank(report: ComputeBackendReport): number {
  const own = position(report);
  if (own >= 0) return own;
  const best = preference.findIndex(([id]) => id === report.id);
  return report.available ? preference.length + best : best;
}
