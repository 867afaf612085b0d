import { StudioError } from '../../../src-shared/contract/errors.ts';
import { describePruning } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { Subject } from '../../../src-shared/domain/studies/plan.ts';
import { pairsOfSeeds } from '../../../src-shared/statistics/pairs-of-seeds.ts';
import type { CellSettings } from '../../../src-shared/studies/grid/cell-settings.ts';
import type { Grid } from '../../../src-shared/studies/grid/grid-cells.ts';
import type { SubjectChoice } from '../../../src-shared/studies/grid/grid-schemas.ts';
import type { TuneConfig } from '../../../src-shared/studies/grid/tuning.ts';
import { mergeMethod } from '../merge/methods/index.ts';
import { pruneMethod } from '../prune/index.ts';

/** Fields that studies over a grid of run settings share. */
export interface GridConfig {
  readonly run: RunConfig;
  readonly grid: Grid;
  readonly seeds: readonly number[];
  readonly metric: string;
  readonly further_metrics: readonly string[];
  readonly scores: readonly SubjectChoice[];
  readonly reference: CellSettings | null;
  readonly tune: TuneConfig | null;
  readonly left_out: readonly LeftOut[];
}

export interface LeftOut {
  /** Position of a cell, and of what is scored of it. */
  readonly cell: number;
  readonly score: number;
  readonly reason: string;
}

/** A subject of a cell: of seeds by their positions. */
export interface CellSubject {
  readonly seeds: readonly number[];
  readonly subject: Subject;
}

/** Returns true if a cell's adapters support the score; both by their positions. */
export function isScored({ left_out }: GridConfig, score: number, cell: number): boolean {
  return !left_out.some((one) => one.score === score && one.cell === cell);
}

/** Subjects of one cell: of each seed, or of its pairs or all of them merged. */
export function subjectsOf({ seeds }: GridConfig, choice: SubjectChoice, cell: CellSettings): CellSubject[] {
  const trained = (seed: number): Subject => ({ kind: 'trained', training: trainingKey(cell, seeds[seed] ?? 0) });
  const each = seeds.map((_, seed) => ({ seeds: [seed], subject: trained(seed) }));
  if (choice === 'alone') return each;
  if ('prune' in choice) {
    const { prune: method, parameters } = choice;
    return each.map((one) => ({ ...one, subject: { kind: 'prune', method, parameters, subject: one.subject } }));
  }
  const { merge: method, parameters, of } = choice;
  if (seeds.length < 2) return [];
  const groups: readonly (readonly number[])[] =
    of === 'all' ? [seeds.map((_, seed) => seed)] : pairsOfSeeds(seeds.length);
  return groups.map((group) => ({
    seeds: group,
    subject: {
      kind: 'merge',
      method,
      parameters,
      inputs: group.map((seed) => ({ subject: trained(seed), weight: 1 })),
    },
  }));
}

/**
 * Name of what is scored, e.g. "Every other layer", "Factor average of two seeds".
 * @throws StudioError for an unknown method or parameter, and for a merge of a single seed
 */
export function labelOf(choice: SubjectChoice, seeds: number): string {
  if (choice === 'alone') return 'Alone';
  if ('prune' in choice) {
    const { declaration } = pruneMethod(choice.prune);
    checkedParameters(declaration, choice.parameters);
    return describePruning(declaration, choice.parameters);
  }
  const { declaration } = mergeMethod(choice.merge);
  if (seeds === 1)
    throw new StudioError(
      'invalid_input',
      `scores: ${declaration.label} merges adapters of different seeds, and there is one seed.`,
      'Give two seeds or more, or remove the merge from scores.',
    ).at('scores');
  checkedParameters(declaration, choice.parameters);
  return `${declaration.label} of ${choice.of === 'pairs' ? 'two seeds' : `all ${seeds} seeds`}`;
}

export function isPairs(choice: SubjectChoice): boolean {
  return choice !== 'alone' && 'merge' in choice && choice.of === 'pairs';
}

export function trainingKey(cell: CellSettings, seed: number): string {
  return `${JSON.stringify(cell)}/${seed}`;
}

export function scoreKey(
  choice: SubjectChoice,
  cell: CellSettings,
  { seeds }: GridConfig,
  subject: CellSubject,
): string {
  const of = subject.seeds.map((seed) => seeds[seed]).join('+');
  return choice === 'alone'
    ? trainingKey(cell, seeds[subject.seeds[0] ?? 0] ?? 0)
    : `${JSON.stringify([choice, cell])}/${of}`;
}
