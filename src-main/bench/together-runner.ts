import { RandomStream } from '../../src-shared/random.ts';
import { AdamW, AdaptedModel, SharedPass, TrainingStep } from '../engine/api/steps.ts';
import { adamwOptions, learningRate, maximumGradientNorm, settingsOf } from './bench-runner.ts';
import type { BenchProblem, ProblemOptions, Workload } from './workload.ts';

export interface TogetherRound {
  /** Milliseconds of a step of each run, one run after the other. */
  readonly apart: number;
  /** Milliseconds of a step of all runs in one pass. */
  readonly together: number;
  /** Milliseconds of a step of one run on as many examples: what stacking alone could reach. */
  readonly wide: number;
}

interface Run {
  readonly model: AdaptedModel;
  readonly optimizer: AdamW;
  readonly alone: TrainingStep;
  readonly shared: TrainingStep;
}

/** Runs of several seeds on one workload: their steps apart, and in a shared pass. */
export class TogetherRunner {
  private readonly narrow: BenchProblem;
  private readonly wide: BenchProblem;
  private readonly runs: readonly Run[];
  private readonly single: Run;

  private constructor(narrow: BenchProblem, wide: BenchProblem, runs: readonly Run[], single: Run) {
    this.narrow = narrow;
    this.wide = wide;
    this.runs = runs;
    this.single = single;
  }

  /** @param batch examples in a step of each of `count` runs */
  static async load(
    shape: Workload,
    variant: string,
    options: ProblemOptions,
    { count, batch }: { readonly count: number; readonly batch: number },
  ): Promise<TogetherRunner> {
    const narrow = await shape.build({ ...options, batch });
    const wide = await shape.build({ ...options, batch: batch * count });
    const pass = new SharedPass(narrow.base);
    const open = async (problem: BenchProblem, seed: number): Promise<Run> => {
      const model = new AdaptedModel(problem.base);
      const random = RandomStream.seeded(seed, 'initialization');
      await model.createAdapter(settingsOf(variant, shape), { random, labels: problem.labels });
      const optimizer = new AdamW(model.trainable(), adamwOptions);
      const alone = new TrainingStep(model, optimizer, maximumGradientNorm);
      const source = problem === narrow ? pass.place().sourceFor(model) : undefined;
      const shared = new TrainingStep(model, optimizer, maximumGradientNorm, {}, {}, source);
      model.setTraining(true, RandomStream.seeded(seed, 'dropout'));
      return { model, optimizer, alone, shared };
    };
    const runs: Run[] = [];
    for (let seed = 0; seed < count; seed++) runs.push(await open(narrow, seed));
    return new TogetherRunner(narrow, wide, runs, await open(wide, 0));
  }

  /** One step of every run in each way. */
  async round(): Promise<TogetherRound> {
    const apart = await timed(async () => {
      for (const { alone } of this.runs) await step(alone, this.narrow);
    });
    const together = await timed(() => Promise.all(this.runs.map(({ shared }) => step(shared, this.narrow))));
    const wide = await timed(() => step(this.single.alone, this.wide));
    return { apart, together, wide };
  }

  /**
   * Largest difference of a run's loss in a shared pass from that of the run alone, relative; 0 where they are the same bit for
   * bit. Takes no step.
   */
  async difference(): Promise<number> {
    const frozen = new Set<string>();
    const alone: number[] = [];
    for (const run of this.runs) alone.push((await run.alone.run([this.narrow.batch], 0, frozen)).loss);
    const shared = await Promise.all(this.runs.map((run) => run.shared.run([this.narrow.batch], 0, frozen)));
    return Math.max(...shared.map(({ loss }, index) => Math.abs(loss / (alone[index] ?? Number.NaN) - 1)));
  }

  dispose(): void {
    for (const { model, optimizer } of [...this.runs, this.single]) {
      optimizer.dispose();
      model.dispose();
    }
    this.narrow.base.dispose();
    this.wide.base.dispose();
  }
}

function step(training: TrainingStep, { batch }: BenchProblem): Promise<unknown> {
  return training.run([batch], learningRate, new Set());
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
