import type { ComputeBackendReport } from '../../../src-shared/domain/app/catalog.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';

/** Rate in matrix products, in GFLOPS, of the faster precision; null if it was not measured. */
export function measuredRate({ gemmGflops, gemmBfloat16Gflops }: ComputeBackendReport): number | null {
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
export function choiceReason(
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
