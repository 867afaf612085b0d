import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackendReport, ComputeId, Settings } from '../../../src-shared/domain/app/catalog.ts';
import { choiceReason, measuredRate } from './choice-reason.ts';

export type ComputeChoice = Settings['compute_backend'];

/**
 * Isolation that a backend needs. `process`: a separate process, since its driver can crash the process or does not
 * survive the termination of a thread. `thread`: none.
 */
export type EngineIsolation = 'thread' | 'process';

export const computeIsolation: Readonly<Record<ComputeId, EngineIsolation>> = {
  tensorflow: 'process',
  webgpu: 'process',
  native: 'thread',
  wasm: 'thread',
};

/** A GPU of whose rate another backend reaches so many times as much is not taken by itself. */
const clearlyFaster = 1.25;

/** Preference, best first, by backend and kind of device; others are only used by name. */
const preference: readonly (readonly [ComputeId, NonNullable<ComputeBackendReport['kind']>])[] = [
  ['tensorflow', 'gpu'],
  ['webgpu', 'gpu'],
  ['native', 'cpu'],
  ['tensorflow', 'cpu'],
  ['wasm', 'cpu'],
];

/** The reports in the order in which `auto` tries them; unavailable backends and those it never takes come last. */
export function byPreference(reports: readonly ComputeBackendReport[]): ComputeBackendReport[] {
  return [...reports].sort((one, other) => rank(one) - rank(other));
}

/** The backend selected by `choice`, or null if none works that may be selected automatically. */
export function preferred(
  reports: readonly ComputeBackendReport[],
  choice: ComputeChoice,
): ComputeBackendReport | null {
  if (choice !== 'auto') return reports.find((report) => report.id === choice) ?? null;
  const offered = byPreference(reports).filter(mayBeTakenAlone);
  return offered.find((report) => !isMeasuredSlower(report, offered)) ?? null;
}

/** The reports in order of preference, each with its reason, with the one selected by `choice` marked. */
export function withChoice(reports: readonly ComputeBackendReport[], choice: ComputeChoice): ComputeBackendReport[] {
  const chosen = preferred(reports, choice);
  const automatic = preferred(reports, 'auto');
  const ordered = byPreference(reports);
  return ordered.map((report) => {
    if (report !== chosen) return { ...report, chosen: false };
    const reason = report.available
      ? `${choiceReason(report, choice !== 'auto', automatic, ordered)} ${report.reason}`
      : report.reason;
    return { ...report, chosen: true, reason };
  });
}

/** @throws StudioError refused, with the reason and a hint if the backend cannot be used. */
export function requireAvailable(report: Pick<ComputeBackendReport, 'available' | 'reason'>): void {
  if (!report.available) throw new StudioError('refused', report.reason, 'Choose "auto" to take what works here.');
}

function mayBeTakenAlone(report: ComputeBackendReport): boolean {
  return report.available && position(report) >= 0;
}

/** Integrated GPUs may be slower than the processor. */
function isMeasuredSlower(report: ComputeBackendReport, offered: readonly ComputeBackendReport[]): boolean {
  const own = measuredRate(report);
  if (report.kind !== 'gpu' || own === null) return false;
  return offered.some((other) => (measuredRate(other) ?? 0) > clearlyFaster * own);
}

function position(report: ComputeBackendReport): number {
  return preference.findIndex(([id, kind]) => id === report.id && kind === report.kind);
}

/** Unusable backends are ranked as on their best possible device. */
function rank(report: ComputeBackendReport): number {
  const own = position(report);
  if (own >= 0) return own;
  const best = preference.findIndex(([id]) => id === report.id);
  return report.available ? preference.length + best : best;
}
