import { mergeVerdicts } from '../../domain/merging/mergeability.ts';
import { formatFixed, probabilityText } from '../../format/numbers.ts';
import { accuracy } from '../../metrics/accuracy.ts';
import { signedText, valueText } from '../../metrics/index.ts';
import type { StudyTable, StudyWords } from '../define-study.ts';
import { type MergeabilityConfig, type MergeabilityResult, pairScopes, predictors } from './mergeability-schemas.ts';
import { taskTuningTables } from './task-tuning.ts';

/** Format of merge losses: a share, shown like an accuracy. */
const share = accuracy.id;

export function pairMethodLabel({ method, label }: MergeabilityResult['methods'][number], words: StudyWords): string {
  const name = words.mergeMethod(method);
  return label === null ? name : `${name}, ${label}`;
}

export function mergeabilityTables(
  result: MergeabilityResult,
  _config: MergeabilityConfig,
  words: StudyWords,
): StudyTable[] {
  return [
    {
      title: 'Does the verdict predict what a merge loses?',
      columns: [{ label: 'Answer' }],
      rows: result.answers.map((answer) => ({ cells: [answer] })),
    },
    verdictTable(result, words),
    ...result.methods.map((_, method) => associationTable(result, method, words)),
    setTable(result, words),
    pairTable(result, words),
    ...taskTuningTables(result),
  ];
}

function verdictTable({ methods, byVerdict }: MergeabilityResult, words: StudyWords): StudyTable {
  return {
    title:
      'Mean share of the own scores that merges of pairs lose (%), by verdict; the interval takes pairs as independent, which they are not quite',
    columns: [
      { label: 'Verdict' },
      ...methods.flatMap((method) => [
        { label: `${pairMethodLabel(method, words)} (%)`, numeric: true },
        { label: '95 %', numeric: true },
        { label: 'Pairs', numeric: true },
      ]),
    ],
    rows: mergeVerdicts.flatMap((verdict) => {
      const found = methods.map((_, method) =>
        byVerdict.find((one) => one.method === method && one.verdict === verdict),
      );
      if (found.every((one) => one === undefined)) return [];
      const cells = found.flatMap((one) => {
        if (one === undefined) return ['–', '–', '0'];
        const { mean, low, high, n } = one.lost;
        const range = low === null || high === null ? '–' : `${valueText(share, low)} to ${valueText(share, high)}`;
        return [valueText(share, mean), range, String(n)];
      });
      return [{ cells: [verdict, ...cells] }];
    }),
  };
}

/** Rank correlations of the verdict and its measures with what merges lose. */
function associationTable(
  { methods, groups, associations }: MergeabilityResult,
  method: number,
  words: StudyWords,
): StudyTable {
  const places = [...groups.map((_, group) => group), ...(groups.length > 1 ? [null] : [])];
  const nameOf = (group: number | null) => (group === null ? 'All groups' : (groups[group]?.label ?? ''));
  const given = methods[method];
  return {
    title: `${given ? pairMethodLabel(given, words) : ''}: rank correlation with the share that the merge loses; p by permutation of adapters, in brackets adjusted for the five predictors (Holm)`,
    columns: [
      { label: 'Pairs' },
      { label: 'Predictor' },
      ...places.flatMap((group) => [
        { label: `${nameOf(group)}: n`, numeric: true },
        { label: 'Spearman ρ', numeric: true },
        { label: 'Kendall τ', numeric: true },
        { label: 'p', numeric: true },
      ]),
    ],
    rows: pairScopes.flatMap((scope) =>
      predictors.map(({ id, label }) => ({
        cells: [
          scope,
          label,
          ...places.flatMap((group) => {
            const one = associations.find(
              (found) =>
                found.method === method && found.scope === scope && found.group === group && found.predictor === id,
            );
            if (one === undefined || one.tau === null || one.tauP === null) return [String(one?.n ?? 0), '–', '–', '–'];
            const adjusted = one.adjusted === null ? '' : ` (${probabilityText(one.adjusted)})`;
            return [
              String(one.n),
              coefficient(one.rho),
              coefficient(one.tau),
              `${probabilityText(one.tauP)}${adjusted}`,
            ];
          }),
        ],
      })),
    ),
  };
}

function setTable({ groups, methods }: MergeabilityResult, words: StudyWords): StudyTable {
  return {
    title:
      'Whole sets: the worst verdict of their pairs, and the mean share of the own scores that the merge of all tasks loses (%)',
    columns: [
      { label: 'Group' },
      { label: 'Seed', numeric: true },
      { label: 'Verdict' },
      ...methods.map((method) => ({ label: `${pairMethodLabel(method, words)} (%)`, numeric: true })),
    ],
    rows: groups.flatMap(({ label, sets }) =>
      sets.map(({ seed, verdict, merges }) => ({
        cells: [label, String(seed), verdict, ...merges.map(({ lost }) => valueText(share, lost))],
      })),
    ),
  };
}

function pairTable({ groups, methods, tasks }: MergeabilityResult, words: StudyWords): StudyTable {
  return {
    title: 'Pairs',
    columns: [
      { label: 'Group' },
      { label: 'First' },
      { label: 'Second' },
      { label: 'Verdict' },
      { label: 'Overlap', numeric: true },
      { label: 'Random', numeric: true },
      { label: 'Cosine', numeric: true },
      { label: 'Conflict (%)', numeric: true },
      { label: 'Balance', numeric: true },
      ...methods.map((method) => ({ label: `${pairMethodLabel(method, words)}: lost (%)`, numeric: true })),
    ],
    rows: groups.flatMap(({ label, pairs, adapters }) => {
      const nameOf = (at: number) => `${tasks[adapters[at]?.task ?? 0]?.name ?? ''}, seed ${adapters[at]?.seed ?? ''}`;
      return pairs.map((pair) => ({
        cells: [
          label,
          nameOf(pair.first),
          nameOf(pair.second),
          pair.verdict,
          pair.overlap.toFixed(3),
          pair.expected.toFixed(3),
          coefficient(pair.cosine),
          valueText(share, pair.conflict),
          pair.balance.toFixed(2),
          ...pair.merges.map(({ lost }) => signedText(share, lost)),
        ],
      }));
    }),
  };
}

function coefficient(value: number | null): string {
  return value === null ? '–' : formatFixed(value, 2);
}
