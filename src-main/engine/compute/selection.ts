import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ComputeBackendReport, ComputeId, Settings } from '../../../src-shared/domain/app/catalog.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';

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

/** Rate in matrix products, in GFLOPS, of the faster precision; null if it was not measured. */
function measuredRate({ gemmGflops, gemmBfloat16Gflops }: ComputeBackendReport): number | null {
  if (gemmGflops === null && gemmBfloat16Gflops === null) return null;
  return Math.max(gemmGflops ?? 0, gemmBfloat16Gflops ?? 0);
}

/**
 * Explains the choice of a backend in a sentence: by local measurements, else by the reasons against those that
 * automatic choice would try before.
 *
 * @param isNamed whether it was chosen by name @param automatic the one that automatic choice takes
 * @param ordered all of them, in the order in which automatic choice tries them
 */
function choiceReason(
  chosen: ComputeBackendReport,
  isNamed: boolean,
  automatic: ComputeBackendReport | null,
  ordered: readonly ComputeBackendReport[],
): string {
  const start = isNamed ? 'Chosen in the settings' : 'Taken automatically';
  if (automatic === null) return `${start}.`;
  if (chosen !== automatic)
    return `${start}, where ${automatic.label} would be taken automatically${comparison(chosen, [automatic])}.`;
  const others = ordered.filter((one) => one !== chosen);
  const measured = comparison(
    chosen,
    others.filter(({ available }) => available),
  );
  const why = others.flatMap((one) => whyNot(one, ordered.indexOf(one) < ordered.indexOf(chosen)));
  return `${start}${measured}${why.length === 0 ? '' : `${measured === '' ? ':' : ';'} ${why.join(', ')}`}.`;
}

/** Nothing of one that comes after the chosen one, or was measured to be slower. */
function whyNot({ label, available, kind, reason }: ComputeBackendReport, isBefore: boolean): string[] {
  if (kind === 'software') return [`${label} has only a software renderer here`];
  return isBefore && !available ? [`${label} cannot be used (${firstSentence(reason)})`] : [];
}

/** ": 812 GFLOPS in products, Native CPU 310"; empty where two were not measured. */
function comparison(chosen: ComputeBackendReport, others: readonly ComputeBackendReport[]): string {
  const own = measuredRate(chosen);
  const rates = others.flatMap((one) => {
    const rate = measuredRate(one);
    return rate === null ? [] : [`${one.label} ${formatCount(Math.round(rate))}`];
  });
  return own === null || rates.length === 0
    ? ''
    : `: ${formatCount(Math.round(own))} GFLOPS in products here, ${rates.join(', ')}`;
}

function firstSentence(text: string): string {
  return (/^.*?(?=[.:](\s|$))/.exec(text)?.[0] ?? text).trim();
}
