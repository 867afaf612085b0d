import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { groupsOf } from '../../../src-main/engine/benchmarks/group-file.ts';
import { groupScores } from '../../../src-main/engine/benchmarks/group-scores.ts';
import { readConfigFiles } from '../../../src-main/engine/benchmarks/task-file.ts';
import { TaskPlace } from '../../../src-main/engine/benchmarks/task-place.ts';
import { type BenchmarkScore, benchmarkTaskSchema } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { temporaryFolder } from '../data/make-data.ts';

let folders = 0;
const home = temporaryFolder();

function place(files: Readonly<Record<string, object>>): TaskPlace {
  const folder = join(home, String(folders++));
  mkdirSync(folder);
  for (const [name, file] of Object.entries(files)) writeFileSync(join(folder, `${name}.yaml`), stringify(file));
  return new TaskPlace(folder, true);
}

const acc = { metric: 'acc', aggregation: 'mean', weight_by_size: true };
const read = async (files: Readonly<Record<string, object>>) => {
  const folder = place(files);
  return groupsOf(folder, await readConfigFiles(folder), ['one', 'two']);
};

describe('groups', () => {
  it('have the tasks of their groups, and are read with lm-eval’s defaults', async () => {
    const groups = await read({
      all: { group: 'all', task: ['some', 'two'], aggregate_metric_list: { metric: 'acc' }, metadata: { version: 2 } },
      some: {
        group: 'some',
        task: ['one'],
        aggregate_metric_list: [{ ...acc, weight_by_size: false, filter_list: 'none' }],
      },
      plain: { group: 'plain', task: ['elsewhere'] },
    });
    expect(groups).toMatchObject([
      { name: 'all', version: 2, tasks: ['one', 'two'], averages: [{ metric: 'acc', bySize: true, filters: null }] },
      { name: 'some', version: null, tasks: ['one'], averages: [{ metric: 'acc', bySize: false, filters: ['none'] }] },
    ]);
  });

  it('have the tasks of groups without averages, too', async () => {
    const [all] = await read({
      all: { group: 'all', task: ['some', 'two'], aggregate_metric_list: [acc] },
      some: { group: 'some', task: ['one'] },
      // Group with tasks written into it, unlike any other group here.
      written: { group: 'written', task: [{ task: 'one' }] },
    });
    expect(all?.tasks).toEqual(['one', 'two']);
  });

  it('are found in files that begin with _, and name the tasks of a tag', async () => {
    const [all] = await read({
      _all: { group: 'all', task: ['some'], aggregate_metric_list: [acc] },
      two: { task: 'two', tag: ['some', 'other'] },
      one: { task: 'one', tag: 'some' },
    });
    expect(all).toMatchObject({ name: 'all', tasks: ['one', 'two'] });
  });

  it('are looked into once, however often they are named', async () => {
    const chain = Array.from({ length: 40 }, (_, at) => {
      const below = at === 39 ? 'one' : `group ${at + 1}`;
      return [`file-${at}`, { group: `group ${at}`, task: [below, below], aggregate_metric_list: [acc] }] as const;
    });
    const groups = await read(Object.fromEntries(chain));
    expect(groups.map(({ tasks }) => tasks)).toEqual(new Array(40).fill(['one']));
  });

  it('rejects duplicate names', async () => {
    const group = { group: 'some', task: ['one'], aggregate_metric_list: [acc] };
    await expect(read({ one: group, two: group })).rejects.toThrow(
      /has the group some twice: in .*one\.yaml and in .*two\.yaml\.$/,
    );
  });

  test.each([
    [{ group: 'a', task: ['three'], aggregate_metric_list: [acc] }, /names three, which is no task, group or tag in/],
    [{ group: 'a', task: ['a'], aggregate_metric_list: [acc] }, /has itself among its groups/],
    [{ group: 'a', task: [{ task: 'one' }], aggregate_metric_list: [acc] }, /task\.0: must be names of tasks/],
    [{ group: 'a', task: ['one'], aggregate_metric_list: [{ ...acc, aggregation: 'max' }] }, /must be "mean"/],
  ])('%j is refused with the file', async (group, message) => {
    await expect(read({ made: group })).rejects.toThrow(message);
    await expect(read({ made: group })).rejects.toThrow('made.yaml');
  });
});

describe('averages', () => {
  const score = (value: number | null, stderr: number | null): BenchmarkScore => ({
    metric: 'acc',
    filter: 'none',
    value,
    stderr,
  });
  const task = (name: string, examples: number, ...columns: BenchmarkScore[][]) =>
    benchmarkTaskSchema.parse({
      ...{
        name,
        file: `${name}.yaml`,
        outputType: 'multiple_choice',
        version: null,
        shots: 0,
        examples,
        total: examples,
      },
      ...{ higherIsBetter: { acc: true }, config: {}, columns },
    });
  const group = (bySize: boolean) => ({
    ...{ name: 'all', file: 'all.yaml', version: null, config: { task: ['one', 'two'] }, tasks: ['one', 'two'] },
    averages: [{ metric: 'acc', bySize, filters: null }],
  });
  const tasks = [
    task('one', 24, [score(0.5, 0.1)], [score(0.25, 0.09)]),
    task('two', 8, [score(0.75, 0.16)], [score(null, null)]),
  ];

  // aggregate_subtask_metrics, pooled_sample_stderr and unweighted_mean_stderr of lm-eval 0.4.13.
  it.each([
    [true, 0.5625, 0.08510777481131401],
    [false, 0.625, 0.09433981132056604],
  ])('by size %s: %d ± %d', (bySize, value, stderr) => {
    expect(groupScores([group(bySize)], tasks)).toMatchObject([
      {
        ...{ name: 'all', outputType: 'group', examples: 32, higherIsBetter: { acc: true } },
        columns: [
          [{ metric: 'acc', filter: 'none', value: expect.closeTo(value, 12), stderr: expect.closeTo(stderr, 12) }],
          [{ metric: 'acc', filter: 'none', value: null, stderr: null }],
        ],
      },
    ]);
  });
});
