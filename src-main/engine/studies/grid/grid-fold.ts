import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { meanRise } from '../../../../src-shared/results/forgetting.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import { cellLabel } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { cellsOf } from '../../../../src-shared/studies/grid/grid-cells.ts';
import {
  type GridOutcome,
  type GridResult,
  type OutcomeCell,
  type ScoredChoice,
  scoredChoices,
} from '../../../../src-shared/studies/grid/grid-schemas.ts';
import type { Tuning } from '../../../../src-shared/studies/grid/tuning.ts';
import { settingWords } from '../config/setting-words.ts';
import type { ScoreOf } from '../define-study-work.ts';
import { estimateCells } from '../scores/metric-estimates.ts';
import { measureOfScores, riseDifference } from './forgetting-fold.ts';
import { cellRun, referencesOf } from './grid-run.ts';
import {
  type CellSubject,
  type GridConfig,
  isPairs,
  isScored,
  labelOf,
  leftOutOf,
  scoreKey,
  subjectsOf,
} from './grid-subjects.ts';

/**
 * The result of the cells' scores, beside that of the sweep before them. A cell with a training that diverged has no outcome, and
 * a note says so. @throws StudioError not_finite where every cell diverged
 */
export function foldCells(config: GridConfig, scoreOf: ScoreOf, tuning: Tuning | null): GridResult {
  const cells = cellsOf(config.grid);
  const references = referencesOf(config);
  const outcomes =
    config.seeds.length === 0
      ? []
      : scoredChoices(config).flatMap((one) => outcomesOfChoice(config, one, references, scoreOf));
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome.cells.every((cell) => cell === null)))
    throw new StudioError(
      'not_finite',
      'A training of every cell diverged: nothing can be compared.',
      'Set a lower learning_rate, or more warmup_steps.',
    );
  const examples = firstScore(config, scoreOf)?.examples ?? tuning?.examples ?? 0;
  return {
    examples,
    metric: config.metric,
    reference: references[0] ?? 0,
    references,
    cells: cells.map((settings, at) => ({
      label: cellLabel(settings, settingWords),
      settings,
      coto: cellRun(config, settings, 0).coto !== null,
      learning_rate: tuning?.cells[at]?.learning_rate ?? null,
      ...(tuning?.cells[at]?.batch_size === undefined ? {} : { batch_size: tuning.cells[at].batch_size }),
      scores: [],
    })),
    outcomes,
    tuning,
  };
}

/** Any score of the plan. */
function firstScore(config: GridConfig, scoreOf: ScoreOf): Score | null {
  for (const one of scoredChoices(config))
    for (const [at, cell] of cellsOf(config.grid).entries()) {
      const [subject] = subjectsOf(config, one, at);
      if (subject === undefined || !isScored(config, one, at)) continue;
      const score = scoreOf(scoreKey(one, cell, config, subject));
      if (!score.diverged) return score;
    }
  return null;
}

/** Subjects of a cell whose training diverged, or that of an adapter in them. */
function divergedSubjects(config: GridConfig, one: ScoredChoice, at: number, scoreOf: ScoreOf): CellSubject[] {
  const cell = cellsOf(config.grid)[at] ?? {};
  return subjectsOf(config, one, at).filter((subject) => scoreOf(scoreKey(one, cell, config, subject)).diverged);
}

/** A subject under each metric. */
function outcomesOfChoice(
  config: GridConfig,
  one: ScoredChoice,
  references: readonly number[],
  scoreOf: ScoreOf,
): GridOutcome[] {
  const cells = cellsOf(config.grid);
  const planned = cells.flatMap((_, at) => (isScored(config, one, at) ? [at] : []));
  const lost = new Map(
    planned.flatMap((at) => {
      const subjects = divergedSubjects(config, one, at, scoreOf);
      return subjects.length === 0 ? [] : [[at, subjects] as const];
    }),
  );
  const places = planned.filter((at) => !lost.has(at));
  const scoredCell = (of: ScoredChoice, at: number) => {
    const cell = cells[at] ?? {};
    const subjects = subjectsOf(config, of, at);
    const { dataset, eval_samples, ...run } = cellRun(config, cell, 0);
    return {
      subjects,
      scores: subjects.map((subject) => scoreOf(scoreKey(of, cell, config, subject))),
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
  };
  // A ΔW at the norm of the compared cell is compared with the ΔW that was trained to that norm.
  const control: ScoredChoice = { ...one, norm: 'trained' };
  const own = places.map((at) => scoredCell(one, at));
  const extra = one.norm === 'trained' ? [] : places.filter((at) => references[at] !== at);
  const scored = [...own, ...extra.map((at) => scoredCell(control, references[at] ?? 0))];
  const controls = places.map((at) => {
    const place =
      one.norm === 'trained'
        ? places.indexOf(references[at] ?? 0)
        : extra.includes(at)
          ? own.length + extra.indexOf(at)
          : -1;
    return place < 0 ? null : place;
  });
  const pairsOf = isPairs(one.choice) ? config.seeds.length : null;
  return [config.metric, ...config.further_metrics].map((metric): GridOutcome => {
    const estimates = estimateCells(scored, metric, { references: controls, pairsOf }).slice(0, own.length);
    const known = new Map(
      estimates.map(({ values, own: interval, difference }, at): [number, OutcomeCell] => {
        const { subjects = [], scores = [] } = scored[at] ?? {};
        const reference = controls[at] ?? null;
        const other = reference === null || reference === at ? null : (scored[reference]?.scores ?? null);
        const labelled = subjects.map(({ seeds }, place) => ({
          seeds: seeds.map((seed) => config.seeds[seed] ?? 0),
          value: values[place] ?? Number.NaN,
        }));
        const forgetting = forgettingOf(scores, other, pairsOf);
        return [places[at] ?? 0, { values: labelled, own: interval, difference, forgetting, ...normsOf(scores) }];
      }),
    );
    return {
      label: labelOf(one, config.seeds.length),
      metric,
      cells: cells.map((_, at) => known.get(at) ?? null),
      notes: [...notesOf(config, one), ...lostNotes(config, one, lost)],
    };
  });
}

/** Returns the reasons for cells left out, one sentence each. */
function notesOf(config: GridConfig, scored: ScoredChoice): string[] {
  const cells = cellsOf(config.grid);
  const label = labelOf(scored, config.seeds.length);
  const reasons = Map.groupBy(leftOutOf(config, scored), ({ reason }) => reason);
  return [...reasons].map(
    ([reason, left]) =>
      `${label} of ${left.map(({ cell }) => cellLabel(cells[cell] ?? {}, settingWords)).join('; ')}: ${reason}`,
  );
}

/** Names the cells without an outcome as a training of theirs diverged, with its seeds where single seeds are scored. */
function lostNotes(config: GridConfig, one: ScoredChoice, lost: ReadonlyMap<number, readonly CellSubject[]>): string[] {
  const label = labelOf(one, config.seeds.length);
  return [...lost].map(([at, subjects]) => {
    const seeds = subjects.flatMap((subject) => (subject.seeds.length === 1 ? subject.seeds : []));
    const which = seeds.length === 0 ? '' : ` (${seeds.map((seed) => `seed ${config.seeds[seed]}`).join(', ')})`;
    return `${label} of ${cellLabel(cellsOf(config.grid)[at] ?? {}, settingWords)}: a training diverged${which}.`;
  });
}

function forgettingOf(
  scores: readonly Score[],
  reference: readonly Score[] | null,
  pairsOf: number | null,
): OutcomeCell['forgetting'] {
  const measure = measureOfScores(scores);
  const rise = meanRise(scores.map(({ forgetting }) => forgetting));
  if (measure === null || rise === null) return null;
  const difference = reference === null ? null : riseDifference(scores, reference, pairsOf);
  return { measure, rise, ...(difference === null ? {} : { difference }) };
}

/** Mean norms of subjects at another's norm. */
function normsOf(scores: readonly Score[]): Pick<OutcomeCell, 'norms'> {
  const known = scores.flatMap(({ norms }) => norms ?? []);
  if (known.length === 0) return {};
  return { norms: { own: mean(known.map(({ own }) => own)), target: mean(known.map(({ target }) => target)) } };
}
