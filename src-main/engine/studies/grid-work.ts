import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobSpec, Score, ScoreSpec, Subject } from '../../../src-shared/domain/plan.ts';
import { describePruning } from '../../../src-shared/domain/prune.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { meanRise } from '../../../src-shared/results/forgetting.ts';
import { pairsOfSeeds } from '../../../src-shared/statistics/pairs-of-seeds.ts';
import { type CellSettings, cellLabel } from '../../../src-shared/studies/cell-settings.ts';
import { cellsOf, type Grid } from '../../../src-shared/studies/grid-cells.ts';
import type { GridOutcome, GridResult, OutcomeCell, SubjectChoice } from '../../../src-shared/studies/grid-schemas.ts';
import type { TuneConfig } from '../../../src-shared/studies/tuning.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { mergeMethod } from '../merge/index.ts';
import { pruneMethod } from '../prune/index.ts';
import type { ChosenRate, MergeRefusal, ScoreOf, StudyFacts } from './define-study-work.ts';
import { cellRun, referenceOf } from './grid-run.ts';
import { estimateCells } from './metric-estimates.ts';
import { LearningRateSweep } from './tuning.ts';

/** What studies over a grid of a run's fields have in common. */
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

interface LeftOut {
  /** Position of a cell, and of what is scored of it. */
  readonly cell: number;
  readonly score: number;
  readonly reason: string;
}

/** A subject of a cell: of seeds by their positions. */
interface CellSubject {
  readonly seeds: readonly number[];
  readonly subject: Subject;
}

/**
 * The config with the cells left out whose adapters a merge or a pruning cannot take, so that no study fails for it after its
 * trainings. @throws StudioError refused where no cell is left
 */
export async function gridFit<Config extends GridConfig>(config: Config, facts: StudyFacts): Promise<Config> {
  const cells = cellsOf(config.grid);
  const left_out: LeftOut[] = [];
  for (const [score, choice] of config.scores.entries()) {
    if (choice === 'alone') continue;
    const label = labelOf(choice, config.seeds.length);
    const refused: LeftOut[] = [];
    for (const [cell, settings] of cells.entries()) {
      const refusal = await refusalOf(choice, cellRun(config, settings, 0), config.seeds.length, facts);
      if (refusal === null) continue;
      refused.push({ cell, score, reason: `${label} of ${cellLabel(settings)}: ${refusal.message}` });
      if (refused.length === cells.length)
        throw new StudioError('refused', `scores: ${label}: ${refusal.message}`, refusal.hint);
    }
    left_out.push(...refused);
  }
  return { ...config, left_out };
}

async function refusalOf(
  choice: Exclude<SubjectChoice, 'alone'>,
  run: RunConfig,
  seeds: number,
  facts: StudyFacts,
): Promise<MergeRefusal | null> {
  const { parameters } = choice;
  if ('prune' in choice) return facts.pruneRefusalOfRun({ method: choice.prune, parameters, run });
  const adapters = choice.of === 'pairs' ? 2 : seeds;
  return facts.refusalOfRun({ method: choice.merge, parameters, run, adapters });
}

/** First the sweep, if there is one; else the cells. */
export function gridPlan(config: GridConfig): JobSpec[] {
  referenceOf(config);
  for (const choice of config.scores) labelOf(choice, config.seeds.length);
  const sweep = sweepOf(config);
  return sweep === null ? cellSpecs(config, () => null) : sweep.plan();
}

/** Extensions of the sweep, then the cells at their best rates. */
export function gridNext(config: GridConfig, scoreOf: ScoreOf, finished: number): JobSpec[] {
  const sweep = sweepOf(config);
  if (sweep === null) return [];
  const more = sweep.extension(scoreOf, finished);
  if (more !== null) return more;
  if (finished !== sweep.rounds(scoreOf)) return [];
  const rates = sweep.chosen(scoreOf);
  return cellSpecs(config, (at) => rates[at] ?? null);
}

/** The runs of every cell and seed, at the rates of the result's sweep. */
export function gridCompared(config: GridConfig, { tuning }: Pick<GridResult, 'tuning'>): RunConfig[] {
  const sweep = sweepOf(config);
  // A sweep without a test compares its trials at the best rates.
  const seeds = config.seeds.length > 0 ? config.seeds : (config.tune?.seeds ?? []);
  return cellsOf(config.grid).flatMap((cell, at) =>
    seeds.map((seed) => runAt(config, sweep, cell, seed, tuning?.cells[at]?.learning_rate ?? null)),
  );
}

/** The rate that the sweep chose for each cell. */
export function gridTunings(config: GridConfig, { tuning }: Pick<GridResult, 'tuning'>): ChosenRate[] {
  const sweep = sweepOf(config);
  return tuning === null || sweep === null ? [] : sweep.chosenRates(tuning);
}

export function gridFold(config: GridConfig, scoreOf: ScoreOf): GridResult {
  const cells = cellsOf(config.grid);
  const sweep = sweepOf(config);
  const tuning = sweep === null ? null : sweep.result(scoreOf);
  const reference = referenceOf(config);
  const outcomes =
    config.seeds.length === 0
      ? []
      : config.scores.flatMap((_, score) => outcomesOfChoice(config, score, reference, scoreOf));
  const examples = firstScore(config, scoreOf)?.examples ?? tuning?.examples ?? 0;
  return {
    examples,
    metric: config.metric,
    reference,
    cells: cells.map((settings, at) => ({
      label: cellLabel(settings),
      settings,
      coto: cellRun(config, settings, 0).coto !== null,
      learning_rate: tuning?.cells[at]?.learning_rate ?? null,
      scores: [],
    })),
    outcomes,
    tuning,
  };
}

/** Any score of the plan. */
function firstScore(config: GridConfig, scoreOf: ScoreOf): Score | null {
  for (const [score, choice] of config.scores.entries())
    for (const [at, cell] of cellsOf(config.grid).entries()) {
      const [subject] = subjectsOf(config, choice, cell);
      if (subject !== undefined && isScored(config, score, at)) return scoreOf(scoreKey(choice, cell, config, subject));
    }
  return null;
}

function isScored({ left_out }: GridConfig, score: number, cell: number): boolean {
  return !left_out.some((one) => one.score === score && one.cell === cell);
}

/** A subject under each metric; `score` is its position in the config. */
function outcomesOfChoice(config: GridConfig, score: number, reference: number, scoreOf: ScoreOf): GridOutcome[] {
  const choice = config.scores[score] ?? 'alone';
  const cells = cellsOf(config.grid);
  const places = cells.flatMap((_, at) => (isScored(config, score, at) ? [at] : []));
  const scored = places.map((at) => {
    const cell = cells[at] ?? {};
    const subjects = subjectsOf(config, choice, cell);
    const { dataset, eval_samples, ...run } = cellRun(config, cell, 0);
    return {
      subjects,
      scores: subjects.map((subject) => scoreOf(scoreKey(choice, cell, config, subject))),
      // Another length or template may change what a language model's examples are.
      examples: JSON.stringify([
        dataset,
        eval_samples,
        run.eval_split,
        run.validation_samples,
        run.task,
        run.max_length,
        run.prompt_template,
        run.chat_template,
      ]),
    };
  });
  const pairsOf = isPairs(choice) ? config.seeds.length : null;
  return [config.metric, ...config.further_metrics].map((metric): GridOutcome => {
    const control = places.indexOf(reference);
    const estimates = estimateCells(scored, metric, { reference: control < 0 ? null : control, pairsOf });
    const known = new Map(
      estimates.map(({ values, own, difference }, at): [number, OutcomeCell] => {
        const { subjects = [], scores = [] } = scored[at] ?? {};
        const labelled = subjects.map(({ seeds }, place) => ({
          seeds: seeds.map((seed) => config.seeds[seed] ?? 0),
          value: values[place] ?? Number.NaN,
        }));
        return [places[at] ?? 0, { values: labelled, own, difference, forgetting: forgettingOf(scores) }];
      }),
    );
    return {
      label: labelOf(choice, config.seeds.length),
      metric,
      cells: cells.map((_, at) => known.get(at) ?? null),
      notes: config.left_out.filter((one) => one.score === score).map(({ reason }) => reason),
    };
  });
}

function forgettingOf(scores: readonly Score[]): OutcomeCell['forgetting'] {
  const all = scores.map(({ forgetting }) => forgetting);
  const measure = all.find((one) => one != null)?.measure;
  const rise = meanRise(all);
  return measure === undefined || rise === null ? null : { measure, rise };
}

/** Trainings of every cell on every seed, and all that is scored of them. */
function cellSpecs(config: GridConfig, rateOf: (cell: number) => number | null): JobSpec[] {
  const sweep = sweepOf(config);
  const cells = cellsOf(config.grid);
  const runs = cells.flatMap((cell, at) =>
    config.seeds.map((seed) => ({
      key: trainingKey(cell, seed),
      title: `${cellLabel(cell)} · seed ${seed}`,
      config: runAt(config, sweep, cell, seed, rateOf(at)),
    })),
  );
  const scores = config.scores.flatMap((choice, score) =>
    cells.flatMap((cell, at) => {
      if (!isScored(config, score, at)) return [];
      const { dataset, eval_samples, ...split } = cellRun(config, cell, 0);
      // A run may ask to be judged on its validation split, but not where a rate was chosen on it.
      const held =
        split.eval_split === 'validation' && sweep === null ? { validation_samples: split.validation_samples } : {};
      return subjectsOf(config, choice, cell).map((one): ScoreSpec => {
        const seeds = one.seeds.map((seed) => config.seeds[seed] ?? 0);
        const title = `${cellLabel(cell)} · ${seeds.length > 1 ? 'seeds' : 'seed'} ${seeds.join(' and ')}`;
        return {
          kind: 'score',
          key: scoreKey(choice, cell, config, one),
          title: choice === 'alone' ? title : `${labelOf(choice, config.seeds.length)}, ${title}`,
          names: seeds.map((seed) => `${cellLabel(cell)} · seed ${seed}`),
          dataset,
          eval_samples,
          ...held,
          subject: one.subject,
        };
      });
    }),
  );
  return [...runs.map((run): JobSpec => ({ kind: 'train', ...run })), ...scores];
}

function runAt(
  config: GridConfig,
  sweep: LearningRateSweep | null,
  cell: CellSettings,
  seed: number,
  rate: number | null,
): RunConfig {
  if (sweep === null || rate === null) return cellRun(config, cell, seed);
  return sweep.runOf(sweptCell(config, cell), rate, seed);
}

/** @throws StudioError invalid_input if the sweep cannot be, or if the grid says the rate too */
function sweepOf(config: GridConfig): LearningRateSweep | null {
  const { tune, metric, grid } = config;
  if (tune === null) return null;
  const said = ['learning_rate', 'validation_samples', 'eval_split'].find((field) => Object.hasOwn(grid, field));
  if (said !== undefined)
    throw new StudioError(
      'invalid_input',
      `${said} is a field of the grid and follows from tune.`,
      `Remove ${said} from the grid, or tune.`,
    );
  return new LearningRateSweep(
    cellsOf(grid).map((cell) => sweptCell(config, cell)),
    tune,
    metric,
  );
}

function sweptCell(config: GridConfig, cell: CellSettings) {
  return { key: JSON.stringify(cell), label: cellLabel(cell), run: (seed: number) => cellRun(config, cell, seed) };
}

function subjectsOf({ seeds }: GridConfig, choice: SubjectChoice, cell: CellSettings): CellSubject[] {
  const trained = (seed: number): Subject => ({ kind: 'trained', training: trainingKey(cell, seeds[seed] ?? 0) });
  const each = seeds.map((_, seed) => ({ seeds: [seed], subject: trained(seed) }));
  if (choice === 'alone') return each;
  if ('prune' in choice) {
    const { prune: method, parameters } = choice;
    return each.map((one) => ({ ...one, subject: { kind: 'prune', method, parameters, subject: one.subject } }));
  }
  const { merge: method, parameters, of } = choice;
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
 * @throws StudioError for an unknown method or parameter, and for a merge of fewer than two seeds
 */
function labelOf(choice: SubjectChoice, seeds: number): string {
  if (choice === 'alone') return 'Alone';
  if ('prune' in choice) {
    const { declaration } = pruneMethod(choice.prune);
    checkedParameters(declaration, choice.parameters);
    return describePruning(declaration, choice.parameters);
  }
  const { declaration } = mergeMethod(choice.merge);
  checkedParameters(declaration, choice.parameters);
  return `${declaration.label} of ${choice.of === 'pairs' ? 'two seeds' : `all ${seeds} seeds`}`;
}

function isPairs(choice: SubjectChoice): boolean {
  return choice !== 'alone' && 'merge' in choice && choice.of === 'pairs';
}

function trainingKey(cell: CellSettings, seed: number): string {
  return `${JSON.stringify(cell)}/${seed}`;
}

function scoreKey(choice: SubjectChoice, cell: CellSettings, { seeds }: GridConfig, subject: CellSubject): string {
  const of = subject.seeds.map((seed) => seeds[seed]).join('+');
  return choice === 'alone'
    ? trainingKey(cell, seeds[subject.seeds[0] ?? 0] ?? 0)
    : `${JSON.stringify([choice, cell])}/${of}`;
}
