import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { describePruning } from '../../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { ScoredTask, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { pairsOfSeeds } from '../../../../src-shared/statistics/pairs-of-seeds.ts';
import type { CellSettings } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { cellsOf, type Grid } from '../../../../src-shared/studies/grid/grid-cells.ts';
import type {
  Budget,
  HeadControl,
  NormControl,
  ScoredChoice,
  SubjectChoice,
} from '../../../../src-shared/studies/grid/grid-schemas.ts';
import type { TuneConfig } from '../../../../src-shared/studies/grid/tuning.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import { pruneMethod } from '../../prune/index.ts';
import { cellRun, referencesOf } from './grid-run.ts';

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
  readonly head?: readonly HeadControl[] | undefined;
  readonly norm?: readonly NormControl[] | undefined;
  readonly match?: Budget | undefined;
  readonly matched_steps?: readonly (number | null)[] | undefined;
  readonly score?: ScoredTask | undefined;
  readonly left_out: readonly LeftOut[];
  /** Step of the training whose checkpoint is scored; absent: the adapter at its end. */
  readonly checkpoint?: number | undefined;
}

export interface LeftOut {
  /** Position of a cell, and of what is scored of it. */
  readonly cell: number;
  readonly score: number;
  /** Absent: with every head. */
  readonly head?: HeadControl | undefined;
  /** Absent: at every strength. */
  readonly norm?: NormControl | undefined;
  readonly reason: string;
}

/** A subject of a cell: of seeds by their positions. */
export interface CellSubject {
  readonly seeds: readonly number[];
  readonly subject: Subject;
}

/** Cells that are left out of what is scored, with their reasons. */
export function leftOutOf({ left_out }: GridConfig, { score, head, norm }: ScoredChoice): LeftOut[] {
  return left_out.filter(
    (one) =>
      one.score === score &&
      (one.head === undefined || one.head === head) &&
      (one.norm === undefined || one.norm === norm),
  );
}

/** Returns true if the adapters of a cell, given by its position, support the score. */
export function isScored(config: GridConfig, choice: ScoredChoice, cell: number): boolean {
  return !leftOutOf(config, choice).some((one) => one.cell === cell);
}

/** Subjects of one cell by its position: of each seed, or of its pairs or all of them merged. */
export function subjectsOf(config: GridConfig, { choice, head, norm }: ScoredChoice, at: number): CellSubject[] {
  const cells = cellsOf(config.grid);
  const cell = cells[at] ?? {};
  const trained = trainedSubjects(config, choice, cell);
  const isSwapped = head === 'swapped' || norm === 'swapped';
  const others = isSwapped ? trainedSubjects(config, choice, cells[partnerOf(config, at) ?? at] ?? {}) : [];
  const own = trained.map((one, place): CellSubject => {
    const other = others[place]?.subject;
    if (norm === 'trained' || other === undefined) return one;
    return { ...one, subject: { kind: 'atNorm', subject: one.subject, of: other } };
  });
  if (head === 'trained') return own;
  if (head === 'swapped')
    return own.map((one, place) => {
      const other = others[place]?.subject ?? one.subject;
      return { ...one, subject: { kind: 'withHead', subject: one.subject, head: other } };
    });
  return own.map((one) => {
    const run = cellRun(config, cell, config.seeds[one.seeds[0] ?? 0] ?? 0);
    const { train_samples_per_class, max_train_samples } = run;
    const examples = { train_samples_per_class, max_train_samples, seed: run.data_seed ?? run.seed };
    return { ...one, subject: { kind: 'refit', subject: one.subject, examples } };
  });
}

/** The cell that one is compared with; of a reference, the first that is compared with it. Null: there is none. */
export function partnerOf(config: GridConfig, cell: number): number | null {
  const references = referencesOf(config);
  const reference = references[cell] ?? 0;
  if (reference !== cell) return reference;
  const other = references.findIndex((one, at) => one === cell && at !== cell);
  return other < 0 ? null : other;
}

/** Subjects of one cell with the heads that they were trained with. */
function trainedSubjects({ seeds, checkpoint }: GridConfig, choice: SubjectChoice, cell: CellSettings): CellSubject[] {
  const after = checkpoint === undefined ? {} : { step: checkpoint };
  const trained = (seed: number): Subject => ({
    kind: 'trained',
    training: trainingKey(cell, seeds[seed] ?? 0),
    ...after,
  });
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

/** Name of what is scored, e.g. "Every other layer", "Alone, at the compared cell's ‖ΔW‖". @throws StudioError as `choiceLabel` does */
export function labelOf({ choice, head, norm }: Pick<ScoredChoice, 'choice' | 'head' | 'norm'>, seeds: number): string {
  const withHead = head === 'trained' ? [] : [headLabels[head]];
  const atNorm = norm === 'trained' ? [] : ["at the compared cell's ‖ΔW‖"];
  return [choiceLabel(choice, seeds), ...withHead, ...atNorm].join(', ');
}

const headLabels = { swapped: "the compared cell's head", refit_after: 'head refit' };

/**
 * Name of what is scored, with the heads and at the strength that it was trained with.
 * @throws StudioError for an unknown method or parameter, and for a merge of a single seed
 */
export function choiceLabel(choice: SubjectChoice, seeds: number): string {
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
  { choice, head, norm }: ScoredChoice,
  cell: CellSettings,
  { seeds, checkpoint }: GridConfig,
  subject: CellSubject,
): string {
  const of = subject.seeds.map((seed) => seeds[seed]).join('+');
  const key =
    choice === 'alone'
      ? trainingKey(cell, seeds[subject.seeds[0] ?? 0] ?? 0)
      : `${JSON.stringify([choice, cell])}/${of}`;
  const withHead = head === 'trained' ? key : `${head}/${key}`;
  const atNorm = norm === 'trained' ? withHead : `norm/${withHead}`;
  return checkpoint === undefined ? atNorm : `${atNorm}@${checkpoint}`;
}
