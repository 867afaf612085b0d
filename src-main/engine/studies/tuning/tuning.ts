import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { JobSpec, Score } from '../../../../src-shared/domain/studies/plan.ts';
import { isLowerBetter } from '../../../../src-shared/metrics/index.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import {
  rateText,
  type Trial,
  type TuneConfig,
  type TunedCell,
  type Tuning,
  triedRates,
} from '../../../../src-shared/studies/grid/tuning.ts';
import type { ChosenRate, ScoreOf } from '../define-study-work.ts';
import { estimateCells } from '../scores/metric-estimates.ts';
import { metricOf } from '../scores/study-score.ts';

/** A cell whose learning rate is swept: its run on a seed, whatever its rate and batch size. */
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
  /** Batch sizes that every rate is tried with; undefined: that of the run. */
  private readonly batches: readonly (number | undefined)[];
  /** Each seed's own training, 0, and its repeats that differ by rounding. */
  private readonly repeats: readonly number[];

  /** @throws StudioError invalid_input if nothing is held out to choose by */
  constructor(cells: readonly SweptCell[], tune: TuneConfig, metric: string) {
    this.cells = cells;
    this.tune = tune;
    this.metric = metric;
    const seed = tune.seeds[0] ?? 0;
    this.batches =
      tune.per_device_train_batch_size === undefined ? [undefined] : sorted(tune.per_device_train_batch_size);
    this.repeats = Array.from({ length: 1 + tune.rounding_repeats }, (_, repeat) => repeat);
    this.validationSamples = tune.validation_samples ?? cells[0]?.run(seed).validation_samples ?? 0;
    if (this.validationSamples === 0)
      throw new StudioError(
        'invalid_input',
        'tune: nothing is held out of the training to choose the learning rate by.',
        'Set tune.validation_samples, or validation_samples of the run, to the number of training examples to hold out.',
      ).at('tune');
  }

  /** Trials that extensions add, at most: a round adds one rate at each end, for every batch size. */
  get maxExtensions(): number {
    const { extend, seeds } = this.tune;
    return 2 * extend * seeds.length * this.cells.length * this.batches.length * this.repeats.length;
  }

  /** Returns true if the sweep itself trains the cell with the seed, also at its chosen rate. */
  trains(seed: number): boolean {
    return this.tune.seeds.includes(seed);
  }

  /** The run of a cell in a trial: it holds the validation split out and evaluates itself on it, never on the test split. */
  runOf({ run }: SweptCell, { learning_rate, batch_size }: Trial, seed: number, repeat = 0): RunConfig {
    return {
      ...run(seed),
      learning_rate,
      ...(batch_size === undefined ? {} : { per_device_train_batch_size: batch_size }),
      ...(repeat === 0 ? {} : { rounding_repeat: repeat }),
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

  /**
   * Rate and batch size of each cell, once the sweep is complete.
   * @throws StudioError not_finite for a cell that diverged at every rate
   */
  chosen(scoreOf: ScoreOf): Trial[] {
    const { rates } = this.tried(scoreOf);
    return this.cells.map((cell) => {
      const best = this.best(cell, rates, scoreOf);
      if (!this.isDiverged(cell, best, scoreOf)) return best;
      throw new StudioError(
        'not_finite',
        `tune: the trainings of "${cell.label}" diverged at every learning rate (${rates.map(rateText).join(', ')}).`,
        'Add lower rates to tune.learning_rate, or set max_grad_norm or warmup_steps of the run.',
      ).at('tune');
    });
  }

  /** The complete sweep: curves, chosen rates, and what is to be said of them. */
  result(scoreOf: ScoreOf): Tuning {
    const { rates } = this.tried(scoreOf);
    const seed = this.tune.seeds[0] ?? 0;
    const scores = this.cells.flatMap((cell) =>
      this.trials(rates).flatMap((trial) => this.scoresOf(cell, trial, scoreOf)),
    );
    const examples = Math.max(0, ...scores.map((score) => score.examples));
    const budgets = new Set(this.cells.map((cell) => this.budgetOf(cell.run(seed))));
    return {
      metric: this.metric,
      examples,
      equalBudget: budgets.size === 1,
      ...(this.tune.rounding_repeats === 0 ? {} : { rounding_repeats: this.tune.rounding_repeats }),
      cells: this.cells.map((cell) => this.tunedCell(cell, rates, scoreOf)),
    };
  }

  /** Returns a complete sweep's results for the runs of its cells. */
  chosenRates({ cells, metric }: Tuning): ChosenRate[] {
    const { seeds } = this.tune;
    return this.cells.flatMap((cell, at) => {
      const found = cells[at];
      if (found === undefined) return [];
      const { learning_rate, batch_size, edge } = found;
      const config = this.runOf(cell, found, seeds[0] ?? 0);
      const batches = this.tune.per_device_train_batch_size;
      const tuning = {
        learning_rate,
        rates: triedRates([found]),
        ...(batches === undefined || batch_size === undefined ? {} : { batch_size, batch_sizes: batches }),
        seeds,
        validation_samples: this.validationSamples,
        metric,
        edge,
        budget: this.budgetOf(config),
      };
      return { config, tuning };
    });
  }

  private tunedCell(cell: SweptCell, rates: readonly number[], scoreOf: ScoreOf): TunedCell {
    const all = this.trials(rates);
    const diverged = all.filter((trial) => this.isDiverged(cell, trial, scoreOf));
    const trials = all.filter((trial) => !diverged.includes(trial));
    const scored = trials.map((trial) => ({ scores: this.scoresOf(cell, trial, scoreOf), examples: 'validation' }));
    const estimates = estimateCells(scored, this.metric);
    const points = trials.flatMap((trial, at) => {
      const { values = [], own } = estimates[at] ?? {};
      const scores = this.tune.seeds.map((seed, place) => ({ seed, value: values[place] ?? Number.NaN }));
      return own === undefined ? [] : [{ ...trial, scores, interval: own, ...this.rounding(cell, trial, scoreOf) }];
    });
    const best = this.best(cell, rates, scoreOf);
    const { label } = cell;
    return {
      label,
      coto: cell.run(0).coto !== null,
      ...best,
      edge: edgeOf(best, rates),
      points,
      ...(diverged.length === 0 ? {} : { diverged }),
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

  /** A cell's best trial; of equal ones that of the lowest loss, then of the smallest batch size, then of the smallest rate. */
  private best(cell: SweptCell, rates: readonly number[], scoreOf: ScoreOf): Trial {
    const trials = this.trials(rates).map((trial) => {
      const scores = this.scoresOf(cell, trial, scoreOf);
      return {
        trial,
        value: mean(scores.map((score) => metricOf(score, this.metric))),
        loss: mean(scores.map(({ loss }) => loss)),
      };
    });
    const values = trials.map(({ value }) => value);
    const best = values[bestOf(values, this.metric)];
    // A task that several rates solve would else always take the smallest.
    const equal = trials.filter(({ value }) => Object.is(value, best));
    const least = Math.min(...equal.map(({ loss }) => loss));
    return (equal.find(({ loss }) => loss === least) ?? equal[0])?.trial ?? { learning_rate: 0 };
  }

  /** Returns true if a training of the trial diverged, on any seed. */
  private isDiverged(cell: SweptCell, trial: Trial, scoreOf: ScoreOf): boolean {
    return this.scoresOf(cell, trial, scoreOf).some(({ diverged }) => diverged);
  }

  /** The rates with every batch size, both ascending. */
  private trials(rates: readonly number[]): Trial[] {
    return this.batches.flatMap((batch_size) =>
      rates.map((learning_rate) => ({ learning_rate, ...(batch_size === undefined ? {} : { batch_size }) })),
    );
  }

  /** Largest move of the score of a trial in its repeats, in the mean over the seeds. */
  private rounding(cell: SweptCell, trial: Trial, scoreOf: ScoreOf): { rounding?: number } {
    if (this.tune.rounding_repeats === 0) return {};
    const moves = this.tune.seeds.map((seed) => {
      const [own = Number.NaN, ...others] = this.repeats.map((repeat) =>
        metricOf(scoreOf(keyOf(cell, trial, seed, repeat)), this.metric),
      );
      return Math.max(...others.map((other) => Math.abs(other - own)));
    });
    return { rounding: mean(moves) };
  }

  private scoresOf(cell: SweptCell, trial: Trial, scoreOf: ScoreOf): Score[] {
    return this.tune.seeds.map((seed) => scoreOf(keyOf(cell, trial, seed)));
  }

  /** Budget of a trial besides what the sweep varies: steps and examples. */
  private budgetOf(run: RunConfig): string {
    const { max_steps, num_train_epochs, per_device_train_batch_size, gradient_accumulation_steps } = run;
    const batches = this.tune.per_device_train_batch_size;
    return JSON.stringify([
      max_steps,
      max_steps > 0 ? null : num_train_epochs,
      batches === undefined
        ? per_device_train_batch_size * gradient_accumulation_steps
        : [batches, gradient_accumulation_steps],
      run.train_samples_per_class,
      run.max_train_samples,
    ]);
  }

  private specs(rates: readonly number[]): JobSpec[] {
    const runs = this.cells.flatMap((cell) =>
      this.trials(rates).flatMap((trial) =>
        this.tune.seeds.flatMap((seed) =>
          this.repeats.map((repeat) => ({
            key: keyOf(cell, trial, seed, repeat),
            title: `${cell.title ?? cell.label} · ${trialText(trial)} · seed ${seed}${repeat === 0 ? '' : `, rounding repeat ${repeat}`}`,
            config: this.runOf(cell, trial, seed, repeat),
          })),
        ),
      ),
    );
    return [
      ...runs.map((run): JobSpec => ({ kind: 'train', ...run, trial: true })),
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

function edgeOf({ learning_rate }: Trial, rates: readonly number[]): 'low' | 'high' | null {
  if (learning_rate === rates[0]) return 'low';
  return learning_rate === rates.at(-1) ? 'high' : null;
}

/** The first trial of a sweep, which stands for any. */
export function firstTrial({
  learning_rate: [rate = Number.NaN],
  per_device_train_batch_size: batches,
}: TuneConfig): Trial {
  return { learning_rate: rate, batch_size: batches?.[0] };
}

/** A trial in the title of a job: "learning rate 0.001, batch size 8". */
function trialText({ learning_rate, batch_size }: Trial): string {
  const rate = `learning rate ${rateText(learning_rate)}`;
  return batch_size === undefined ? rate : `${rate}, batch size ${batch_size}`;
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

function keyOf({ key }: SweptCell, { learning_rate, batch_size }: Trial, seed: number, repeat = 0): string {
  const batch = batch_size === undefined ? '' : `batch ${batch_size}/`;
  return `tune/${key}/${learning_rate}/${batch}${seed}${repeat === 0 ? '' : `/rounding ${repeat}`}`;
}
