import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';

export interface CheckSummary {
  /** Errors that block the merge, then warnings, each in the order of the checks. */
  readonly open: readonly PreflightLine[];
  readonly passed: readonly PreflightLine[];
}

export function summarizeChecks(lines: readonly PreflightLine[]): CheckSummary {
  const of = (verdict: PreflightLine['verdict']) => lines.filter((line) => line.verdict === verdict);
  return { open: [...of('refused'), ...of('warning')], passed: of('ok') };
}

/** Returns the worst error or warning of the adapter at this position of the bench. */
export function conflictOf(lines: readonly PreflightLine[], place: number): PreflightLine | null {
  return summarizeChecks(lines).open.find(({ adapter }) => adapter === place) ?? null;
}

/** A way out that one button takes. */
export type CheckRemedy =
  | { readonly kind: 'equal-weights' }
  | { readonly kind: 'method'; readonly method: string }
  | { readonly kind: 'remove'; readonly place: number };

/**
 * The ways out of what stops a merge, the best first: another method where one takes these adapters, else without the one that
 * does not fit.
 * @param methods ids of the methods that there are
 */
export function remediesOf(
  { check, verdict, remedy, adapter }: PreflightLine,
  method: string,
  methods: readonly string[],
): CheckRemedy[] {
  if (verdict !== 'refused') return [];
  if (check === 'weights') return [{ kind: 'equal-weights' }];
  const offered = [
    { id: 'weight-average', words: 'ΔW average' },
    { id: 'ensemble', words: 'output ensemble' },
  ].filter(({ id, words }) => remedy?.includes(words) && id !== method && methods.includes(id));
  return [
    ...offered.map(({ id }) => ({ kind: 'method' as const, method: id })),
    ...(adapter === null ? [] : [{ kind: 'remove' as const, place: adapter }]),
  ];
}
