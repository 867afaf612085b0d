import { describe, expect, it } from 'vitest';
import type { StudyAdapters } from '../../../../src-main/engine/studies/define-study-work.ts';
import { studyWork } from '../../../../src-main/engine/studies/index.ts';
import { bestOf } from '../../../../src-main/engine/studies/tuning/tuning.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import type { JobSpec, Score, ScoreSpec, TrainingSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { encodeOutcomes } from '../../../../src-shared/results/outcomes.ts';
import { ablationStudy } from '../../../../src-shared/studies/grid/ablation.ts';
import { outcomesOf } from '../../../../src-shared/studies/grid/grid-schemas.ts';
import { sweepStudy } from '../../../../src-shared/studies/grid/sweep.ts';
import { studyConfigSchema, studyResultSchema } from '../../../../src-shared/studies/index.ts';
import { studiedInRounds } from '../studied-in-rounds.ts';
import { studyAdapters } from '../study-adapters.ts';

const words = { mergeMethod: (id: string) => id };
const run = runConfigSchema.parse({ max_steps: 20, learning_rate: 1e-3 });
const examples = 200;

/** A score whose examples are right with probability `accuracy`, alike for alike `seed`s. */
function scoreWith(accuracy: number, seed: number, more: Partial<Score> = {}): Score {
  const random = RandomStream.numbered(seed, 'study', 1);
  const correct = Uint8Array.from({ length: examples }, () => (random.uniform() < accuracy ? 1 : 0));
  const losses = Float32Array.from(correct, (right) => (right === 1 ? 0.1 : 2));
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / examples;
  const outcomes = encodeOutcomes({ losses, correct, tokens: null });
  const common = { metrics: { f1_macro: mean(correct) - 0.01 }, examples, kept: null, total: null };
  return { accuracy: mean(correct), loss: mean(losses), ...common, outcomes, ...more };
}

/** A study over a grid in its rounds. */
function studied(given: object, score: Parameters<typeof studiedInRounds>[1]) {
  const { result, ...rest } = studiedInRounds(given, score);
  if (result.kind !== 'ablation' && result.kind !== 'sweep') throw new Error('another kind');
  return { ...rest, result };
}

describe('an ablation over outcomes of examples', () => {
  const config = {
    kind: 'ablation',
    run,
    grid: { coto: [null, {}] },
    seeds: [1, 2, 3],
    further_metrics: ['loss', 'f1_macro'],
    scores: [
      'alone',
      { merge: 'factor-average' },
      { merge: 'weight-average', of: 'all' },
      { prune: 'layer-third', parameters: { third: 'low' } },
    ],
  };
  const {
    result,
    rounds,
    config: parsed,
  } = studied(config, (spec, [training]) => {
    const seed = training?.config.seed ?? 0;
    const coto = training?.config.coto !== null;
    const rise = coto ? 0.1 : 0.3;
    const forgetting = { measure: 'text-loss', base: 1, adapted: 1 + rise, rise, accuracy: null, count: 9 } as const;
    const level = spec.subject.kind === 'prune' ? 0.5 : spec.subject.kind === 'merge' ? 0.6 : 0.7;
    return scoreWith(level + (coto ? 0.12 : 0), seed, { forgetting });
  });
  const all = outcomesOf(result);

  it('scores every cell alone, every pair of seeds merged, all merged, and pruned', () => {
    expect(rounds).toHaveLength(1);
    const scores = rounds[0]?.filter((spec) => spec.kind === 'score') ?? [];
    // Two cells × (3 alone + 3 pairs + 1 of all + 3 pruned).
    expect(scores).toHaveLength(20);
    expect(rounds[0]?.filter(({ kind }) => kind === 'train')).toHaveLength(6);
    expect(scores.find(({ subject }) => subject.kind === 'merge')).toMatchObject({
      title: 'Factor average of two seeds, without CoTo · seeds 1 and 2',
      subject: { method: 'factor-average', inputs: [{ weight: 1 }, { weight: 1 }] },
    });
    expect(all.map(({ label, metric }) => `${label}/${metric}`)).toEqual(
      ['Alone', 'Factor average of two seeds', 'ΔW average of all 3 seeds', 'Low third'].flatMap((label) =>
        ['accuracy', 'loss', 'f1_macro'].map((metric) => `${label}/${metric}`),
      ),
    );
    expect(all[3]?.cells[0]?.values.map(({ seeds }) => seeds)).toEqual([
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
  });

  it('has no test over examples alone, which would reject equal means', () => {
    for (const { cells } of all)
      for (const cell of cells) expect(Object.keys(cell?.difference ?? {})).not.toContain('signs');
    const tables = ablationStudy.table(result, parsed, words);
    const labels = tables.flatMap(({ columns }) => columns.map(({ label }) => label));
    expect(labels.filter((label) => label.startsWith('p, ') && label !== 'p, Holm')).toEqual(all.map(() => 'p, seeds'));
  });

  it('opens results of earlier versions, which have the removed test over examples', () => {
    const signs = { p: 0.002, positive: 9, negative: 1 };
    const earlier = {
      ...result,
      outcomes: result.outcomes.map((outcome) => ({
        ...outcome,
        cells: outcome.cells.map((cell) =>
          cell?.difference ? { ...cell, difference: { ...cell.difference, signs } } : cell,
        ),
      })),
    };
    expect(studyResultSchema.parse(JSON.parse(JSON.stringify(earlier)))).toEqual(result);
  });

  it('gives intervals over seeds and examples for accuracy and loss, over seeds for other metrics', () => {
    const [accuracy, loss, f1] = all;
    const difference = accuracy?.cells[1]?.difference;
    expect(difference?.mean).toBeCloseTo(0.12, 1);
    expect(difference?.bootstrap).toMatchObject({ over: 'seeds and examples' });
    expect(difference?.bootstrap?.low).toBeGreaterThan(0);
    expect(difference?.bootstrap?.high).toBeLessThan(0.3);
    expect(difference?.permutation?.smallest).toBe(0.25);
    expect(loss?.cells[1]?.difference?.mean).toBeLessThan(0);
    expect(loss?.cells[1]?.own.bootstrap).not.toBeNull();
    expect(f1?.cells[1]?.own.bootstrap).toBeNull();
    expect(f1?.cells[1]?.difference).toMatchObject({ bootstrap: null, n: 3 });
    expect(accuracy?.cells.map((cell) => cell?.forgetting?.rise)).toEqual([
      expect.closeTo(0.3, 9),
      expect.closeTo(0.1, 9),
    ]);
  });

  it('counts pairs of seeds as the seeds behind them, and one merge of all as a single value', () => {
    const [pairs, , , whole] = all.slice(3);
    expect(pairs?.cells[0]?.own.n).toBe(3);
    const values = pairs?.cells[0]?.values.map(({ value }) => value) ?? [];
    expect(pairs?.cells[0]?.own.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 3, 12);
    expect(whole?.cells[0]?.own).toMatchObject({ n: 1, halfWidth: null, bootstrap: { over: 'examples' } });
    expect(whole?.cells[1]?.difference?.permutation).toBeNull();
  });

  it('writes one table with a column for each subject, and one for each in detail', () => {
    const tables = ablationStudy.table(result, parsed, words);
    expect(tables).toHaveLength(1 + 12);
    expect(tables[0]?.columns.map(({ label }) => label)).toEqual([
      'Cell',
      'Alone',
      'Difference',
      'Factor average of two seeds',
      'Difference',
      'ΔW average of all 3 seeds',
      'Difference',
      'Low third',
      'Difference',
    ]);
    expect(tables[0]?.rows[1]?.cells[2]).toMatch(/^\+\d+\.\d \(\+\d+\.\d to \+\d+\.\d\)( †)?$/);
    expect(tables[1]?.columns.slice(-3).map(({ label }) => label)).toEqual([
      'Forgetting (nats per token)',
      'Forgetting difference',
      '± 95 %, paired seeds',
    ]);
    expect(tables[1]?.rows[1]?.cells.slice(-3)).toEqual(['+0.1000', '−0.2000', '–']);
    expect(tables[3]?.title).toContain('over seeds only');
    expect(
      ablationStudy
        .figures(result, parsed, words)
        .map(({ name }) => name)
        .slice(0, 2),
    ).toEqual(['Cells: Alone, accuracy', 'Differences to the reference: Alone, accuracy']);
    for (const figure of ablationStudy.figures(result, parsed, words))
      expect(figure.draw({ dark: true }).caption).not.toContain('NaN');
  });

  it('marks the differences that survive Holm over all of the table, and lists both p values', () => {
    const ps = [0.001, 0.02, 0.03, null];
    const tested = {
      ...result,
      outcomes: result.outcomes.map((outcome, at) => ({
        ...outcome,
        cells: outcome.cells.map((cell) => {
          const p = ps[Math.floor(at / 3)] ?? null;
          const test = p === null ? null : { p, degrees: 4, over: 'seeds' as const };
          return cell?.difference ? { ...cell, difference: { ...cell.difference, test } } : cell;
        }),
      })),
    };
    const [summary, ...details] = ablationStudy.table(tested, parsed, words);
    // Three tests: 3 · 0.001, 2 · 0.02 and the larger of that and 0.03.
    expect(summary?.rows[1]?.cells.filter((_, at) => at % 2 === 0).map((cell) => cell.endsWith('†'))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(summary?.notes).toEqual(['†: p below 0.05 after Holm’s correction for all 3 differences of this table.']);
    const labels = details[3]?.columns.map(({ label }) => label) ?? [];
    const cells = details[3]?.rows[1]?.cells ?? [];
    expect(['p', 'p, Holm'].map((label) => cells[labels.indexOf(label)])).toEqual(['0.020', '0.040']);
    // A family of fewer small p values: of three like 0.02, none survives.
    const weak = {
      ...tested,
      outcomes: tested.outcomes.map((outcome) => ({
        ...outcome,
        cells: outcome.cells.map((cell) =>
          cell?.difference?.test
            ? { ...cell, difference: { ...cell.difference, test: { ...cell.difference.test, p: 0.02 } } }
            : cell,
        ),
      })),
    };
    expect(JSON.stringify(ablationStudy.table(weak, parsed, words)[0]?.rows)).not.toContain('†');
  });

  it('tests the mean of paired differences, over seeds and examples where outcomes are known', () => {
    const [accuracy, , f1] = all;
    expect(accuracy?.cells[1]?.difference?.test).toMatchObject({ over: 'seeds and examples' });
    expect(accuracy?.cells[1]?.difference?.test?.p).toBeLessThan(0.05);
    expect(f1?.cells[1]?.difference?.test).toMatchObject({ over: 'seeds', degrees: 2 });
    expect(accuracy?.cells[0]?.difference).toBeNull();
  });

  it('notes what no interval includes: one draw of examples for all seeds, and the choice of a rate', () => {
    const notesOf = (given: object) =>
      ablationStudy.table(result, studyConfigSchema.parse({ ...config, run: { ...run, ...given } }), words)[0]?.notes;
    const drawn = { train_samples_per_class: 8, data_seed: 0 };
    expect(notesOf(drawn)?.at(-1)).toMatch(/^All seeds train on the same drawn examples \(data_seed 0\)/);
    for (const given of [
      { ...drawn, data_seed: null },
      { ...drawn, train_samples_per_class: 0 },
    ])
      expect(notesOf(given)?.join()).not.toContain('data_seed');
    const tuning = { metric: 'accuracy', examples: 9, equalBudget: true, cells: [] };
    expect(ablationStudy.table({ ...result, tuning }, parsed, words)[0]?.notes?.at(-1)).toContain(
      'do not include the choice of a rate',
    );
  });

  it('compares each cell with the one that differs in the fields of the reference alone', () => {
    const grid = { 'adapter.parameters.r': [2, 8], coto: [null, {}] };
    const given = { ...config, grid, further_metrics: [], scores: ['alone'], reference: { coto: null } };
    const compared = studied(given, (_, [training]) => {
      const { coto = null, adapter, seed = 0 } = training?.config ?? {};
      return scoreWith(0.4 + (adapter?.parameters['r'] === 8 ? 0.3 : 0) + (coto === null ? 0 : 0.1), seed);
    });
    const [outcome] = outcomesOf(compared.result);
    const accuracies = outcome?.cells.map((cell) => cell?.own.mean ?? Number.NaN) ?? [];
    const [small = 0, smallCoto = 0, large = 0, largeCoto = 0] = accuracies;

    expect(compared.result.references).toEqual([0, 0, 2, 2]);
    expect(outcome?.cells.map((cell) => cell?.difference?.mean ?? null)).toEqual([
      null,
      expect.closeTo(smallCoto - small, 12),
      null,
      expect.closeTo(largeCoto - large, 12),
    ]);
    const [table] = ablationStudy.table(compared.result, compared.config, words);
    expect(table?.title).toContain('difference to its reference');
    expect(table?.notes).toEqual([
      'Compared: "rank 2, CoTo" with "rank 2, without CoTo"; "rank 8, CoTo" with "rank 8, without CoTo".',
      expect.stringContaining('corrected for all 2 differences by this metric'),
    ]);
    expect(table?.rows.map(({ cells }) => cells[0]?.includes('(reference)'))).toEqual([true, false, true, false]);
    expect(studyWork('ablation').design(compared.config)?.comparisons).toBe(2);
    expect(() => studied({ ...given, reference: { coto: { initial_p: 0.3 } } }, () => scoreWith(0.5, 1))).toThrow(
      /reference: .* is not in the grid/,
    );
  });

  it('leaves out before the start what a cell cannot take, and shows why; refuses what no cell can', async () => {
    const facts: StudyAdapters = {
      ...studyAdapters,
      refusalOf: () => Promise.reject(new Error('no adapters')),
      refusalOfRun: async ({ run: { adapter }, adapters }) =>
        adapter.variant === 'dora' ? { message: `no merge of ${adapters} DoRA`, hint: 'ensemble' } : null,
      pruneRefusalOfRun: async ({ run: { adapter } }) =>
        adapter.variant === 'dora' ? null : { message: 'no pruning', hint: null },
    };
    const mixed = { ...config, grid: { 'adapter.variant': ['lora', 'dora'] }, further_metrics: [] };
    const work = studyWork('ablation');
    const fit = (given: object) => work.fit(studyConfigSchema.parse(given), facts);
    const fitted = await fit(mixed);
    const { result: partial, rounds: planned } = studied(fitted, () => scoreWith(0.7, 1));
    // Two cells × 3 alone, the merges of LoRA (3 pairs + 1), the pruning of DoRA.
    expect(planned[0]?.filter((spec) => spec.kind === 'score')).toHaveLength(6 + 4 + 3);
    const outcomes = outcomesOf(partial);
    expect(outcomes.map(({ cells }) => cells.map((cell) => cell !== null))).toEqual([
      [true, true],
      [true, false],
      [true, false],
      [false, true],
    ]);
    // Without its reference a difference cannot be.
    expect(outcomes[3]?.cells[1]?.difference).toBeNull();
    const [summary, , pairs] = ablationStudy.table(partial, fitted, words);
    expect(summary?.notes).toEqual([
      'Factor average of two seeds of DoRA: no merge of 2 DoRA',
      'ΔW average of all 3 seeds of DoRA: no merge of 3 DoRA',
      'Low third of LoRA: no pruning',
    ]);
    expect(pairs?.columns.map(({ label }) => label)).not.toContain('p');
    expect(summary?.rows[1]?.cells.slice(3, 5)).toEqual(['–', '–']);
    expect(pairs?.rows[1]?.cells.slice(1)).toEqual(pairs?.columns.slice(1).map(() => '–'));
    expect(pairs?.notes).toHaveLength(1);
    for (const figure of ablationStudy.figures(partial, fitted, words)) figure.draw({ dark: false });
    await expect(fit({ ...mixed, grid: { 'adapter.variant': ['dora'] } })).rejects.toThrow(
      /Factor average of two seeds: no merge/,
    );
  });

  it('pairs no examples of different datasets', () => {
    const other = studied(
      { kind: 'ablation', run, grid: { eval_samples: [200, 100] }, seeds: [1, 2] },
      (_spec, [training]) => scoreWith(0.7, training?.config.seed ?? 0),
    );
    const [, second] = outcomesOf(other.result)[0]?.cells ?? [];
    expect(second?.own.bootstrap).not.toBeNull();
    expect(second?.difference).toMatchObject({ bootstrap: null, n: 2 });
  });
});

describe('a learning-rate sweep', () => {
  const tune = { learning_rate: [1e-3, 1e-2, 1e-4], seeds: [1, 2], validation_samples: 50, extend: 0 };
  const config = { kind: 'sweep', run, grid: { coto: [null, {}] }, tune, seeds: [2, 3], metric: 'accuracy' };
  /** Best at `best`, less by the distance in decades. */
  const peak = (rate: number, best: number) => 0.8 - 0.1 * Math.abs(Math.log10(rate / best));
  const scored =
    (bests: readonly [number, number]) =>
    (_: ScoreSpec, [training]: TrainingSpec[]) => {
      const { learning_rate = 1, coto = null } = training?.config ?? {};
      // One answer for all seeds, so that ties are ties.
      return scoreWith(peak(learning_rate, bests[coto === null ? 0 : 1]), 5);
    };

  it('tries the same rates for all cells on the validation split, then scores the best of each on the test split', () => {
    const { result, rounds } = studied(config, scored([1e-3, 1e-2]));
    expect(rounds).toHaveLength(2);
    const [sweep = [], test = []] = rounds;
    const trainings = sweep.filter((spec) => spec.kind === 'train');
    expect(trainings).toHaveLength(2 * 3 * 2);
    expect(trainings.map(({ config: { eval_split, validation_samples } }) => [eval_split, validation_samples])).toEqual(
      trainings.map(() => ['validation', 50]),
    );
    for (const spec of sweep) if (spec.kind === 'score') expect(spec.validation_samples).toBe(50);
    for (const spec of test) if (spec.kind === 'score') expect(spec.validation_samples).toBeUndefined();
    const chosen = test.filter((spec) => spec.kind === 'train').map((spec) => spec.config);
    expect(chosen.map(({ learning_rate, seed }) => [learning_rate, seed])).toEqual([
      [1e-3, 2],
      [1e-3, 3],
      [1e-2, 2],
      [1e-2, 3],
    ]);
    // Seed 2 was trained at the best rate already: the same run, which is found by its content.
    expect(trainings.map((spec) => spec.config)).toContainEqual(chosen[0]);
    expect(result.tuning?.cells.map(({ learning_rate, edge }) => [learning_rate, edge])).toEqual([
      [1e-3, null],
      [1e-2, 'high'],
    ]);
    expect(result.tuning).toMatchObject({ metric: 'accuracy', equalBudget: true, examples });
    expect(result.tuning?.cells[0]?.points.map(({ learning_rate }) => learning_rate)).toEqual([1e-4, 1e-3, 1e-2]);
    expect(result.cells.map(({ learning_rate }) => learning_rate)).toEqual([1e-3, 1e-2]);
    const [table, alone] = sweepStudy.table(result, config, words);
    expect(table?.rows[1]?.cells.slice(-2)).toEqual(['0.01', 'best at the highest rate: extend the grid']);
    expect(table?.rows[0]?.cells[2]).toMatch(/\*$/);
    expect(alone?.columns[1]?.label).toBe('Learning rate');
    const [curve] = sweepStudy.figures(result, config, words);
    expect(curve?.name).toBe('Learning rates');
    expect(curve?.draw({ dark: false }).layout['xaxis']).toMatchObject({ type: 'log' });
  });

  it('takes the rate of the lowest loss where several have the best score', () => {
    const losses = new Map([
      [1e-4, 0.3],
      [1e-3, 0.1],
      [1e-2, 0.2],
    ]);
    const { result } = studied(config, (_, [training]) => ({
      ...scoreWith(1, 5),
      loss: losses.get(training?.config.learning_rate ?? 0) ?? 1,
    }));
    expect(result.tuning?.cells.map(({ learning_rate }) => learning_rate)).toEqual([1e-3, 1e-3]);
  });

  describe('with trainings that diverge', () => {
    const lost = (score: Score): Score => ({
      ...score,
      accuracy: Number.NaN,
      loss: Number.NaN,
      examples: 0,
      diverged: true,
    });
    const above = (limit: number, seeds: readonly number[]) => (spec: ScoreSpec, trainings: TrainingSpec[]) => {
      const score = scored([1e-2, 1e-2])(spec, trainings);
      const { learning_rate = 0, seed = 0 } = trainings[0]?.config ?? {};
      return learning_rate > limit && seeds.includes(seed) ? lost(score) : score;
    };

    it('does not choose them, and says so', () => {
      // The rate that would be best diverges on one seed of two.
      const { result, rounds } = studied(config, above(5e-3, [2]));
      expect(rounds).toHaveLength(2);
      expect(rounds.flat().every((spec) => spec.kind !== 'train' || spec.trial)).toBe(true);
      const [cell] = result.tuning?.cells ?? [];
      expect(cell).toMatchObject({ learning_rate: 1e-3, edge: null, diverged: [{ learning_rate: 1e-2 }] });
      expect(cell?.points.map(({ learning_rate }) => learning_rate)).toEqual([1e-4, 1e-3]);
      expect(result.tuning?.examples).toBe(examples);
      const [table] = sweepStudy.table(result, config, words);
      expect(table?.rows[0]?.cells.slice(1, 4)).toEqual([expect.any(String), expect.stringMatching(/\*$/), 'diverged']);
      expect(table?.notes?.join(' ')).toContain('no longer finite');
      for (const figure of sweepStudy.figures(result, config, words)) figure.draw({ dark: false });
      const record = studyWork('sweep').tunings?.(studyConfigSchema.parse(config), result)[0];
      expect(record?.tuning.rates).toEqual([1e-4, 1e-3, 1e-2]);
    });

    it('tries lower rates where all diverged, and ends in one sentence where these do too', () => {
      const extended = { ...config, tune: { ...tune, extend: 1 } };
      const { result } = studied(extended, above(5e-5, [1, 2]));
      expect(result.tuning?.cells[0]).toMatchObject({ learning_rate: 1e-5, edge: 'low' });
      expect(() => studied(config, above(0, [1, 2]))).toThrow(
        /diverged at every learning rate \(0\.0001, 0\.001, 0\.01\)/,
      );
    });
  });

  it('extends the rates for all cells alike while one is best at their end, up to the limit', () => {
    const extended = { ...config, tune: { ...tune, extend: 3 } };
    const { result, rounds } = studied(extended, scored([1e-3, 1e-1]));
    const rates = (round: JobSpec[] = []) => [
      ...new Set(round.flatMap((spec) => (spec.kind === 'train' ? spec.config.learning_rate : []))),
    ];
    // 0.1 is best but the last, so that 1 is tried too; then it lies within.
    expect(rounds.map(rates).slice(0, -1)).toEqual([[1e-4, 1e-3, 1e-2], [0.1], [1]]);
    expect(rounds[1]?.filter(({ kind }) => kind === 'train')).toHaveLength(4);
    expect(result.tuning?.cells.map(({ learning_rate, edge }) => [learning_rate, edge])).toEqual([
      [1e-3, null],
      [0.1, null],
    ]);
    // A file that does not name extend extends twice at most.
    const { extend: _, ...unnamed } = tune;
    const usual = studied({ ...config, tune: unnamed }, scored([1e-3, 1e1]));
    expect(usual.rounds.map(rates).slice(0, -1)).toEqual([[1e-4, 1e-3, 1e-2], [0.1], [1]]);
    expect(usual.result.tuning?.cells[1]).toMatchObject({ learning_rate: 1, edge: 'high' });
    const limited = studied({ ...config, tune: { ...tune, extend: 1 } }, scored([1e-3, 1e1]));
    expect(limited.rounds.map(rates).slice(0, -1)).toEqual([[1e-4, 1e-3, 1e-2], [0.1]]);
    expect(limited.result.tuning?.cells[1]).toMatchObject({ learning_rate: 0.1, edge: 'high' });
  });

  describe('with batch sizes', () => {
    const crossed = { ...config, tune: { ...tune, per_device_train_batch_size: [16, 8] } };
    /** Without CoTo best at 0.001 with 8; with CoTo at 0.1 with 16, and at 0.001 with 8, which is worse. */
    const byBoth = (_: ScoreSpec, [training]: TrainingSpec[]) => {
      const { learning_rate = 1, per_device_train_batch_size: batch = 0, coto = null } = training?.config ?? {};
      const isLarge = coto !== null && batch === 16;
      return scoreWith(peak(learning_rate, isLarge ? 1e-1 : 1e-3) - (isLarge || batch === 8 ? 0 : 0.2), 5);
    };

    it('tries every rate with every batch size, and trains each cell at its best pair', () => {
      const { result, rounds } = studied(crossed, byBoth);
      const pairs = (round: JobSpec[] = []) =>
        round.flatMap((spec) =>
          spec.kind === 'train' ? [[spec.config.learning_rate, spec.config.per_device_train_batch_size]] : [],
        );
      // Two cells, three rates, two batch sizes and two seeds.
      expect(pairs(rounds[0])).toHaveLength(24);
      expect(new Set(pairs(rounds[0]).map((pair) => pair.join())).size).toBe(6);
      expect(
        result.tuning?.cells.map(({ learning_rate, batch_size, edge }) => [learning_rate, batch_size, edge]),
      ).toEqual([
        [1e-3, 8, null],
        // 0.8 at 0.001 with 8 is more than 0.7 at 0.01 with 16.
        [1e-3, 8, null],
      ]);
      expect(pairs(rounds[1])).toEqual([
        [1e-3, 8],
        [1e-3, 8],
        [1e-3, 8],
        [1e-3, 8],
      ]);
      const [table] = sweepStudy.table(result, crossed, words);
      expect(table?.columns.map(({ label }) => label).slice(0, 5)).toEqual([
        'Cell',
        'Batch size',
        '0.0001',
        '0.001',
        '0.01',
      ]);
      // Accuracies of 200 drawn answers each.
      const shown = (share: number) => (100 * (scoreWith(share, 5).accuracy ?? 0)).toFixed(1);
      const [half, six, seven, eight] = [0.5, 0.6, 0.7, 0.8].map(shown);
      expect(table?.rows.map(({ cells }) => cells.slice(1))).toEqual([
        ['8', seven, `${eight} *`, seven, '0.001', ''],
        ['16', half, six, half, '', ''],
        ['8', seven, `${eight} *`, seven, '0.001', ''],
        ['16', half, six, seven, '', ''],
      ]);
    });

    it('extends the rates of all batch sizes while the best pair of a cell is at their end', () => {
      const better = (spec: ScoreSpec, runs: TrainingSpec[]) => {
        const { per_device_train_batch_size: batch = 0, coto = null, learning_rate = 1 } = runs[0]?.config ?? {};
        return coto !== null && batch === 16 ? scoreWith(peak(learning_rate, 1e-1) + 0.15, 5) : byBoth(spec, runs);
      };
      const extended = { ...crossed, tune: { ...crossed.tune, extend: 3 } };
      const { result, rounds, config: parsed } = studied(extended, better);
      const trained = rounds.map((round) => round.flatMap((spec) => (spec.kind === 'train' ? spec.config : [])));
      // 0.01, then 0.1 is best but the last; at 1 it lies within. Each is tried by both cells, with both sizes and seeds.
      expect(trained.map((runs) => [...new Set(runs.map(({ learning_rate }) => learning_rate))]).slice(1, 3)).toEqual([
        [0.1],
        [1],
      ]);
      expect(trained[1]).toHaveLength(8);
      expect(result.tuning?.cells[1]).toMatchObject({ learning_rate: 0.1, batch_size: 16, edge: null });
      expect(result.cells[1]).toMatchObject({ learning_rate: 0.1, batch_size: 16 });
      const figures = sweepStudy.figures(result, extended, words).slice(0, 2);
      expect(figures.map(({ name }) => name)).toEqual([
        expect.stringMatching(/^Learning rates and batch sizes, /),
        expect.stringMatching(/^Learning rates and batch sizes, /),
      ]);
      const [map, ring] = figures[1]?.draw({ dark: false }).data ?? [];
      expect(map).toMatchObject({ type: 'heatmap', x: [0, 1, 2, 3, 4], y: [0, 1] });
      expect(ring).toMatchObject({ x: [3], y: [1] });
      const record = studyWork('sweep').tunings?.(parsed, result)[1];
      expect(record?.config).toMatchObject({ learning_rate: 0.1, per_device_train_batch_size: 16 });
      expect(record?.tuning).toMatchObject({ batch_size: 16, batch_sizes: [16, 8], rates: [1e-4, 1e-3, 1e-2, 0.1, 1] });
    });

    it('refuses a batch size of the grid beside it, and a single one', () => {
      const plan = (more: object) => studyWork('sweep').plan(studyConfigSchema.parse({ ...crossed, ...more }));
      expect(() => plan({ grid: { per_device_train_batch_size: [8, 16] } })).toThrow(
        'per_device_train_batch_size is a field of the grid and follows from tune.',
      );
      expect(() => plan({ tune: { ...tune, per_device_train_batch_size: [8] } })).toThrow();
    });
  });

  it('shows how far a score moves in repeats that differ by rounding, which choose nothing', () => {
    // By repeat: at 0.01 it moves down by 0.1 and up by 0.05, elsewhere not at all.
    const shares = [0.7, 0.6, 0.75];
    const moving = (_: ScoreSpec, [training]: TrainingSpec[]) => {
      const { learning_rate = 1, rounding_repeat: repeat = 0 } = training?.config ?? {};
      return scoreWith(learning_rate === 1e-2 ? (shares[repeat] ?? 0) : 0.72, 5);
    };
    const repeated = { ...config, tune: { ...tune, rounding_repeats: 2 } };
    const { result, rounds } = studied(repeated, moving);
    const trained = rounds.map((round) => round.filter((spec) => spec.kind === 'train').map((spec) => spec.config));
    expect(trained[0]).toHaveLength(3 * 12);
    expect(trained[1]?.every(({ rounding_repeat }) => rounding_repeat === 0)).toBe(true);
    // The best repeat at 0.01 is above 0.72, its own training is not.
    expect(result.tuning?.cells[0]).toMatchObject({ learning_rate: 1e-4 });
    const [own = 0, less = 0, more = 0] = shares.map((share) => scoreWith(share, 5).accuracy ?? 0);
    const expected = Math.max(Math.abs(less - own), Math.abs(more - own));
    expect(result.tuning?.cells[0]?.points.map(({ rounding }) => rounding)).toEqual([
      0,
      0,
      expect.closeTo(expected, 9),
    ]);
    const [table] = sweepStudy.table(result, repeated, words);
    expect(table?.rows[0]?.cells[3]).toBe(`${(100 * own).toFixed(1)} (${(100 * expected).toFixed(1)})`);
    expect(table?.notes?.join(' ')).toContain('if nothing but rounding differs');
    const without = sweepStudy.table(studied(config, moving).result, config, words)[0];
    expect(without?.rows[0]?.cells[3]).toBe((100 * own).toFixed(1));
  });

  it('takes the smaller of equal rates, the least loss, and never a diverged one', () => {
    expect(bestOf([0.7, 0.8, 0.8], 'accuracy')).toBe(1);
    expect(bestOf([2, 0.5, 0.5], 'loss')).toBe(1);
    expect(bestOf([Number.NaN, 0.5, Number.NaN], 'loss')).toBe(1);
    expect(bestOf([9, 8, 7], 'perplexity')).toBe(2);
  });

  it('can end with the sweep, and can be the first stage of an ablation', () => {
    const alone = studied({ ...config, seeds: [] }, scored([1e-3, 1e-3]));
    expect(alone.rounds).toHaveLength(1);
    expect(alone.result.outcomes).toEqual([]);
    expect(sweepStudy.table(alone.result, { ...config, seeds: [] }, words)).toHaveLength(1);
    const ablation = studied({ ...config, kind: 'ablation' }, scored([1e-3, 1e-2]));
    expect(ablation.result.outcomes).toHaveLength(1);
    expect(ablation.result.tuning).not.toBeNull();
    expect(ablation.rounds).toHaveLength(2);
  });

  it('refuses what leaves nothing to choose by, and says where budgets differ', () => {
    const plan = (more: object) => studyWork('sweep').plan(studyConfigSchema.parse({ ...config, ...more }));
    expect(() => plan({ tune: { ...tune, validation_samples: null } })).toThrow(/nothing is held out/);
    expect(plan({ tune: { ...tune, validation_samples: null }, run: { ...run, validation_samples: 9 } })).toHaveLength(
      24,
    );
    expect(() => plan({ grid: { learning_rate: [1, 2] } })).toThrow(/follows from tune/);
    expect(() => plan({ tune: { ...tune, learning_rate: [1] } })).toThrow();
    const uneven = studied({ ...config, grid: { max_steps: [10, 20] } }, scored([1e-3, 1e-3]));
    expect(uneven.result.tuning?.equalBudget).toBe(false);
    expect(sweepStudy.table(uneven.result, config, words)[0]?.notes?.[0]).toContain('budgets are not equal');
  });
});

describe('head controls of an ablation', () => {
  const config = {
    kind: 'ablation',
    run,
    grid: { coto: [null, {}] },
    seeds: [1, 2],
    scores: ['alone', { prune: 'layer-third', parameters: { third: 'low' } }, { merge: 'factor-average' }],
  };
  const work = studyWork('ablation');
  const specsOf = (given: object) =>
    new Map(
      work.plan(studyConfigSchema.parse(given)).flatMap((spec) => (spec.kind === 'score' ? [[spec.key, spec]] : [])),
    );

  it('add a column each, and leave the scores with the own head as they were', () => {
    const plain = specsOf(config);
    const controlled = specsOf({ ...config, head: ['trained', 'swapped', 'refit_after'] });
    for (const [key, spec] of plain) expect(controlled.get(key)).toEqual(spec);
    expect(controlled.size).toBe(3 * plain.size);
    const { result } = studied({ ...config, head: ['trained', 'swapped', 'refit_after'] }, () => scoreWith(0.7, 1));
    expect(result.outcomes.map(({ label }) => label)).toEqual(
      ['Alone', 'Low third', 'Factor average of two seeds'].flatMap((label) => [
        expect.stringContaining(label.split(' ')[0] ?? ''),
        expect.stringMatching(/, the compared cell's head$/),
        expect.stringMatching(/, head refit$/),
      ]),
    );
  });

  it('swap the heads between a cell and the one that it is compared with, seed by seed', () => {
    const specs = [...specsOf({ ...config, head: ['swapped'], scores: ['alone'] }).values()];
    const trainings = specs.map(({ subject }) => {
      if (subject.kind !== 'withHead' || subject.subject.kind !== 'trained' || subject.head.kind !== 'trained')
        throw new Error('no swapped head');
      return [subject.subject.training, subject.head.training];
    });
    expect(trainings).toEqual([
      ['{"coto":null}/1', '{"coto":{}}/1'],
      ['{"coto":null}/2', '{"coto":{}}/2'],
      ['{"coto":{}}/1', '{"coto":null}/1'],
      ['{"coto":{}}/2', '{"coto":null}/2'],
    ]);
    expect(specs[0]?.names).toHaveLength(2);
  });

  it('refit the head of what is scored, on the examples of the run', () => {
    const own = { ...run, train_samples_per_class: 8, data_seed: 5 };
    const specs = [...specsOf({ ...config, run: own, head: ['refit_after'] }).values()];
    expect(specs.map(({ subject }) => subject.kind)).toEqual(specs.map(() => 'refit'));
    const examplesOf = specs.map(({ subject }) => (subject.kind === 'refit' ? subject.examples : null));
    expect(new Set(examplesOf.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify({ train_samples_per_class: 8, max_train_samples: 0, seed: 5 })]),
    );
  });

  it('are refused where the task has no head, and left out where nothing can be swapped', async () => {
    const fit = (given: object, facts = studyAdapters) => work.fit(studyConfigSchema.parse(given), facts);
    const headless = { ...studyAdapters, headRefusalOfRun: async () => ({ message: 'no head.', hint: 'Leave it.' }) };
    await expect(fit({ ...config, head: ['refit_after'] }, headless)).rejects.toMatchObject({
      message: 'head: no head.',
    });
    await expect(fit(config, headless)).resolves.toBeDefined();
    const alone = await fit({ ...config, grid: { coto: [null] }, head: ['trained', 'swapped'], scores: ['alone'] });
    expect(alone).toMatchObject({ left_out: [{ cell: 0, score: 0, head: 'swapped' }] });
    const outputs = await fit({ ...config, head: ['trained', 'refit_after'], scores: [{ merge: 'ensemble' }] });
    expect(outputs).toMatchObject({ left_out: [0, 1].map((cell) => ({ cell, score: 0, head: 'refit_after' })) });
    const { result } = studied({ ...outputs }, () => scoreWith(0.7, 1));
    expect(result.outcomes.map(({ cells }) => cells.map((cell) => cell === null))).toEqual([
      [false, false],
      [true, true],
    ]);
  });
});

describe('norm controls of an ablation', () => {
  const config = {
    kind: 'ablation',
    run,
    grid: { coto: [null, {}] },
    seeds: [1, 2, 3],
    scores: ['alone', { merge: 'factor-average' }],
    norm: ['trained', 'swapped'],
  };
  const work = studyWork('ablation');
  const specsOf = (given: object) =>
    work.plan(studyConfigSchema.parse(given)).flatMap((spec) => (spec.kind === 'score' ? [spec] : []));
  const isScaled = ({ subject }: ScoreSpec) => subject.kind === 'atNorm';
  const fit = (given: object, facts = studyAdapters) => work.fit(studyConfigSchema.parse(given), facts);

  it('repeat every score at the norm of the compared cell, seed by seed, and leave the other scores as they were', () => {
    const { norm: _, ...plain } = config;
    const all = specsOf(config);
    expect(all.filter((spec) => !isScaled(spec))).toEqual(specsOf(plain));
    const alone = all.flatMap(({ subject, names, title }) =>
      subject.kind === 'atNorm' && subject.subject.kind === 'trained' && subject.of.kind === 'trained'
        ? [{ trainings: [subject.subject.training, subject.of.training], names, title }]
        : [],
    );
    expect(alone.map(({ trainings }) => trainings)).toEqual([
      ...[1, 2, 3].map((seed) => [`{"coto":null}/${seed}`, `{"coto":{}}/${seed}`]),
      ...[1, 2, 3].map((seed) => [`{"coto":{}}/${seed}`, `{"coto":null}/${seed}`]),
    ]);
    expect(alone[0]?.names).toEqual(['without CoTo · seed 1', 'CoTo · seed 1']);
    expect(alone[0]?.title).toBe("Alone, at the compared cell's ‖ΔW‖, without CoTo · seed 1");
    const [merged] = all.filter((spec) => isScaled(spec) && spec.names.length === 4);
    expect(merged?.subject).toMatchObject({ subject: { kind: 'merge' }, of: { kind: 'merge' } });
    const controlled = specsOf({ ...config, head: ['trained', 'swapped', 'refit_after'] });
    expect(
      controlled.filter(({ subject }) => subject.kind === 'refit' && subject.subject.kind === 'atNorm'),
    ).toHaveLength(12);
  });

  it('compare score and forgetting with the reference as trained, which has that norm', () => {
    const rises = { '{"coto":null}': [0.3, 0.4, 0.5], '{"coto":{}}': [0.1, 0.1, 0.2] };
    const { result, config: parsed } = studied(config, ({ subject }, [training]) => {
      const { seed = 0, coto = null } = training?.config ?? {};
      const [low, high] = coto === null ? [0.7, 3] : [0.8, 1.5];
      const isAtNorm = subject.kind === 'atNorm';
      const rise = (rises[coto === null ? '{"coto":null}' : '{"coto":{}}'][seed - 1] ?? 0) * (isAtNorm ? 2 : 1);
      return scoreWith(low, seed, {
        forgetting: { measure: 'text-loss', base: 1, adapted: 1 + rise, rise, accuracy: null, count: 9 },
        ...(isAtNorm ? { norms: { own: high, target: 4.5 - high } } : {}),
      });
    });
    const [trained, scaled] = result.outcomes.filter(({ label }) => label.startsWith('Alone'));
    expect(scaled?.label).toBe("Alone, at the compared cell's ‖ΔW‖");
    const [own, coto] = scaled?.cells ?? [];
    expect(own).toMatchObject({ difference: null, norms: { own: 3, target: 1.5 } });
    expect(coto).toMatchObject({ norms: { own: 1.5, target: 3 } });
    // 2·(0.1, 0.1, 0.2) − (0.3, 0.4, 0.5): −0.1, −0.2, −0.1.
    expect(coto?.forgetting?.difference?.mean).toBeCloseTo(-0.4 / 3, 12);
    // t(0.975, 2) · s / √3, s = √(1/300).
    expect(coto?.forgetting?.difference?.halfWidth).toBeCloseTo(
      (4.302652729911275 * Math.sqrt(1 / 300)) / Math.sqrt(3),
      9,
    );
    expect(trained?.cells[1]?.forgetting?.difference?.mean).toBeCloseTo(-0.8 / 3, 12);
    expect(coto?.difference?.mean).toBeCloseTo((coto?.own.mean ?? 0) - (trained?.cells[0]?.own.mean ?? 0), 12);
    const table = ablationStudy.table(result, parsed as Parameters<typeof ablationStudy.table>[1], words)[2];
    expect(table?.columns.slice(-5).map(({ label }) => label)).toEqual([
      'Forgetting (nats per token)',
      'Forgetting difference',
      '± 95 %, paired seeds',
      '‖ΔW‖ as trained',
      '‖ΔW‖ scored at',
    ]);
    expect(table?.rows.map(({ cells }) => cells.slice(-5))).toEqual([
      ['+0.8000', '–', '–', '3.000', '1.500'],
      ['+0.2667', '−0.1333', '0.1434', '1.500', '3.000'],
    ]);
    expect(table?.notes?.join(' ')).toContain('as trained, which has the same ‖ΔW‖');
  });

  it('are left out where nothing has another norm, and refused where nothing has one at all', async () => {
    const dora: StudyAdapters = {
      ...studyAdapters,
      strengthProblemOfRun: async ({ coto }) => (coto === null ? null : 'it is a DoRA, and its rows are scaled'),
    };
    const some = await fit({ ...config, scores: ['alone', { merge: 'ensemble' }] }, dora);
    expect(some).toMatchObject({
      left_out: [
        {
          cell: 1,
          score: 0,
          norm: 'swapped',
          reason: 'no single factor multiplies its ΔW: it is a DoRA, and its rows are scaled.',
        },
        { cell: 0, score: 1, norm: 'swapped', reason: 'a merge of outputs has no ΔW to scale.' },
        { cell: 1, score: 1, norm: 'swapped' },
      ],
    });
    const { result } = studied({ ...some }, () => scoreWith(0.7, 1));
    expect(result.outcomes.map(({ cells }) => cells.map((cell) => cell === null))).toEqual([
      [false, false],
      [false, true],
      [false, false],
      [true, true],
    ]);
    await expect(fit({ ...config, grid: { coto: [null] } })).rejects.toMatchObject({
      code: 'refused',
      message: 'norm: no score has a ‖ΔW‖ to swap: no other cell is compared with this one.',
    });
    await expect(fit({ ...config, norm: ['swapped'] })).rejects.toMatchObject({
      message: expect.stringMatching(/^norm: /),
    });
    expect(() => studyConfigSchema.parse({ ...config, norm: ['equal'] })).toThrow(/norm/);
  });
});

describe('the budget that cells of an ablation share', () => {
  const config = { kind: 'ablation', run, grid: { coto: [null, {}] }, seeds: [1], scores: ['alone'] };
  const work = studyWork('ablation');
  const facts: StudyAdapters = {
    ...studyAdapters,
    budgetOfRun: async ({ max_steps, coto }) =>
      coto === null
        ? { steps: max_steps, updateShare: 1, layerPasses: 2 }
        : { steps: max_steps, updateShare: 0.5, layerPasses: 1.9 },
  };
  const stepsOf = async (match: string) => {
    const fitted = await work.fit(studyConfigSchema.parse({ ...config, match }), facts);
    return work.plan(fitted).flatMap((spec) => (spec.kind === 'train' ? spec.config.max_steps : []));
  };

  it('is the steps by default, else gives a cell the updates or the compute of the cell that it is compared with', async () => {
    expect(await stepsOf('steps')).toEqual([20, 20]);
    expect(await stepsOf('rate_weighted_updates')).toEqual([20, 40]);
    // 20 · 2 / 1.9 = 21.05
    expect(await stepsOf('compute')).toEqual([20, 21]);
  });

  it('is refused where the grid says the steps, or the cost of a step is not known', async () => {
    const fit = (more: object) => work.fit(studyConfigSchema.parse({ ...config, ...more }), facts);
    const grid = { coto: [null, {}], max_steps: [10, 20] };
    await expect(fit({ grid, match: 'rate_weighted_updates' })).rejects.toMatchObject({
      message: 'match: the grid varies max_steps, which match would overwrite.',
    });
    const variants = { coto: [null, {}], 'adapter.variant': ['lora', 'dora'] };
    await expect(fit({ grid: variants, match: 'compute' })).rejects.toMatchObject({
      message: expect.stringContaining('the grid varies adapter.variant'),
    });
    await expect(fit({ grid: variants, match: 'rate_weighted_updates' })).resolves.toMatchObject({
      matched_steps: expect.arrayContaining([null]),
    });
  });
});
