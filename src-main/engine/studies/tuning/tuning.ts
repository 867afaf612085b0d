import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { JobSpec, Score } from '../../../../src-shared/domain/studies/plan.ts';
import { isLowerBetter } from '../../../../src-shared/metrics/index.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import { rateText, type TuneConfig, type TunedCell, type Tuning } from '../../../../src-shared/studies/grid/tuning.ts';
import type { ChosenRate, ScoreOf } from '../define-study-work.ts';
import { estimateCells } from '../scores/metric-estimates.ts';
import { metricOf } from '../scores/study-score.ts';

/** A cell whose learning rate is swept: its run on a seed, whatever its rate. */
export interface SweptCell {
  readonly key: string;
  readonly label: string;
  /** Title of its trials; default: the label. */
  readonly title?: string;
  readonly run: (seed: number) => RunConfig;
}

/**
 * A sweep of learning rates over cells, all with the same rates and seeds, on examples that no cell trains on. The runs are
 * those of the later trainings too, so that a rate and seed that both need is trained once.
 */
export class LearningRateSweep {
  private readonly cells: readonly SweptCell[];
  private readonly tune: TuneConfig;
  private readonly metric: string;
  private readonly validationSamples: number;

  /** @throws StudioError invalid_input if nothing is held out to choose by */
  constructor(cells: readonly SweptCell[], tune: TuneConfig, metric: string) {
    this.cells = cells;
    this.tune = tune;
    this.metric = metric;
    const seed = tune.seeds[0] ?? 0;
    this.validationSamples = tune.validation_samples ?? cells[0]?.run(seed).validation_samples ?? 0;
    if (this.validationSamples === 0)
      throw new StudioError(
        'invalid_input',
        'tune: nothing is held out of the training to choose the learning rate by.',
        'Set tune.validation_samples, or validation_samples of the run, to the number of training examples to hold out.',
      ).at('tune');
  }

  /** Trials that extensions add, at most: a round adds one rate at each end. */
  get maxExtensions(): number {
    const { extend, seeds } = this.tune;
    return 2 * extend * seeds.length * this.cells.length;
  }

  /** Returns true if the sweep itself trains the cell with the seed, also at its chosen rate. */
  trains(seed: number): boolean {
    return this.tune.seeds.includes(seed);
  }

  /** The run of a cell at a rate: it holds the validation split out and evaluates itself on it, never on the test split. */
  runOf({ run }: SweptCell, rate: number, seed: number): RunConfig {
    return {
      ...run(seed),
      learning_rate: rate,
      validation_samples: this.validationSamples,
      eval_split: 'validation',
    };
  }

  /** Trainings and validation scores of the first rates. */
  plan(): JobSpec[] {
    return this.specs(sorted(this.tune.learning_rate));
  }

  /**
   * Returns the work after `finished` rounds of this sweep: the next extension of its rates, or null if it is complete.
   * An extension continues by the ratio of the last two rates, on each side where a cell's best rate is the last; every
   * cell tries it.
   */
  extension(scoreOf: ScoreOf, finished: number): JobSpec[] | null {
    const { rounds, next } = this.tried(scoreOf, finished);
    return rounds === finished && next.length > 0 ? this.specs(next) : null;
  }

  /** Rounds that the complete sweep takes. */
  rounds(scoreOf: ScoreOf): number {
    return this.tried(scoreOf).rounds;
  }

  /** Rate of each cell, once the sweep is complete. */
  chosen(scoreOf: ScoreOf): number[] {
    const { rates } = this.tried(scoreOf);
    return this.cells.map((cell) => rates[this.best(cell, rates, scoreOf)] ?? 0);
  }

  /** The complete sweep: curves, chosen rates, and what is to be said of them. */
  result(scoreOf: ScoreOf): Tuning {
    const { rates } = this.tried(scoreOf);
    const [first] = this.cells;
    const seed = this.tune.seeds[0] ?? 0;
    const examples = first === undefined ? 0 : scoreOf(keyOf(first, rates[0] ?? 0, seed)).examples;
    const budgets = new Set(this.cells.map((cell) => budgetOf(cell.run(seed))));
    return {
      metric: this.metric,
      examples,
      equalBudget: budgets.size === 1,
      cells: this.cells.map((cell) => this.tunedCell(cell, rates, scoreOf)),
    };
  }

  /** Returns a complete sweep's results for the runs of its cells. */
  chosenRates({ cells, metric }: Tuning): ChosenRate[] {
    const { seeds } = this.tune;
    return this.cells.flatMap((cell, at) => {
      const found = cells[at];
      if (found === undefined) return [];
      const { learning_rate, edge, points } = found;
      const config = this.runOf(cell, learning_rate, seeds[0] ?? 0);
      const tuning = {
        learning_rate,
        rates: points.map((point) => point.learning_rate),
        seeds,
        validation_samples: this.validationSamples,
        metric,
        edge,
        budget: budgetOf(config),
      };
      return { config, tuning };
    });
  }

  private tunedCell(cell: SweptCell, rates: readonly number[], scoreOf: ScoreOf): TunedCell {
    const scored = rates.map((rate) => ({ scores: this.scoresOf(cell, rate, scoreOf), examples: 'validation' }));
    const points = estimateCells(scored, this.metric).map(({ values, own }, at) => ({
      learning_rate: rates[at] ?? 0,
      scores: this.tune.seeds.map((seed, place) => ({ seed, value: values[place] ?? Number.NaN })),
      interval: own,
    }));
    const best = this.best(cell, rates, scoreOf);
    const { label } = cell;
    return {
      label,
      coto: cell.run(0).coto !== null,
      learning_rate: rates[best] ?? 0,
      edge: edgeOf(best, rates),
      points,
    };
  }

  /** The rates after `most` rounds at most, the rounds that there were, and the rates of the round after them. */
  private tried(scoreOf: ScoreOf, most = Number.POSITIVE_INFINITY) {
    let rates = sorted(this.tune.learning_rate);
    for (let rounds = 1; ; rounds++) {
      const next = rounds > this.tune.extend ? [] : this.beyond(rates, scoreOf);
      if (next.length === 0 || rounds >= most) return { rates, rounds, next };
      rates = sorted([...rates, ...next]);
    }
  }

  /** Rates beyond the ends at which a cell is best; none where every cell's best lies within. */
  private beyond(rates: readonly number[], scoreOf: ScoreOf): number[] {
    const edges = new Set(this.cells.map((cell) => edgeOf(this.best(cell, rates, scoreOf), rates)));
    const [first = 0, second = 0] = rates;
    const [before = 0, last = 0] = rates.slice(-2);
    return [
      ...(edges.has('low') ? [rounded(first * (first / second))] : []),
      ...(edges.has('high') ? [rounded(last * (last / before))] : []),
    ];
  }

  /** Position of a cell's best rate. */
  private best(cell: SweptCell, rates: readonly number[], scoreOf: ScoreOf): number {
    const means = rates.map((rate) =>
      mean(this.scoresOf(cell, rate, scoreOf).map((score) => metricOf(score, this.metric))),
    );
    return bestOf(means, this.metric);
  }

  private scoresOf(cell: SweptCell, rate: number, scoreOf: ScoreOf): Score[] {
    return this.tune.seeds.map((seed) => scoreOf(keyOf(cell, rate, seed)));
  }

  private specs(rates: readonly number[]): JobSpec[] {
    const runs = this.cells.flatMap((cell) =>
      rates.flatMap((rate) =>
        this.tune.seeds.map((seed) => ({
          key: keyOf(cell, rate, seed),
          title: `${cell.title ?? cell.label} · learning rate ${rateText(rate)} · seed ${seed}`,
          config: this.runOf(cell, rate, seed),
        })),
      ),
    );
    return [
      ...runs.map((run): JobSpec => ({ kind: 'train', ...run })),
      ...runs.map(
        ({ key, title, config: { dataset } }): JobSpec => ({
          kind: 'score',
          key,
          title,
          names: [title],
          dataset,
          validation_samples: this.validationSamples,
          // All that is held out, whatever the number of test examples.
          eval_samples: 0,
          subject: { kind: 'trained', training: key },
          forgetting: false,
        }),
      ),
    ];
  }
}

function edgeOf(place: number, rates: readonly number[]): 'low' | 'high' | null {
  if (place === 0) return 'low';
  return place === rates.length - 1 ? 'high' : null;
}

/** Position of the best mean, the first of equal ones; a mean that is not a number (a diverged training) is never the best. */
export function bestOf(means: readonly number[], metric: string): number {
  const sign = isLowerBetter(metric) ? -1 : 1;
  return means.reduce((best, mean, at) => {
    const value = sign * mean;
    const known = sign * (means[best] ?? Number.NaN);
    return value > known || (Number.isNaN(known) && !Number.isNaN(value)) ? at : best;
  }, 0);
}

function sorted(rates: readonly number[]): number[] {
  return [...new Set(rates)].sort((one, other) => one - other);
}

/** To six digits, so that 1e-3 · (1e-3 / 1e-4) is 0.01. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(6));
}

function keyOf({ key }: SweptCell, rate: number, seed: number): string {
  return `tune/${key}/${rate}/${seed}`;
}

/** Returns the budget of a trial besides its rate: steps and examples. */
function budgetOf({
  max_steps,
  num_train_epochs,
  per_device_train_batch_size,
  gradient_accumulation_steps,
  train_samples_per_class,
  max_train_samples,
}: RunConfig): string {
  return JSON.stringify([
    max_steps,
    max_steps > 0 ? null : num_train_epochs,
    per_device_train_batch_size * gradient_accumulation_steps,
    train_samples_per_class,
    max_train_samples,
  ]);
}
