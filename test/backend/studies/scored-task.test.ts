import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pruningResultSchema } from '../../../src-shared/studies/adapters/pruning-schemas.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { jsonlFolder } from '../../engine/tasks/text-task.ts';
import { bundledResources, closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';
import { countingEngine } from './counting-engine.ts';

afterEach(closeBackends);

const rows = ['one', 'two', 'three', 'four'].map((word) => ({ prompt: `After ${word} comes`, completion: ` ${word}` }));
const dataOf = (name: string) => jsonlFolder(join(temporaryFolder(), name), rows, rows.slice(0, 2));

/** A folder with the task of one file. @param text how its answers are written: null: of multiple choice */
function taskFile(questions: readonly object[], text: object | null = null): string {
  const folder = join(temporaryFolder(), 'task');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'rows.json'), JSON.stringify(questions));
  const choices = { output_type: 'multiple_choice', doc_to_target: 'gold', doc_to_choice: '{{choices}}' };
  const task = {
    ...{ task: 'made', dataset_path: 'json', test_split: 'test', doc_to_text: '{{question}}' },
    dataset_kwargs: { data_files: { test: 'rows.json' } },
    ...(text ?? { ...choices, metric_list: [{ metric: 'acc' }] }),
  };
  writeFileSync(join(folder, 'task.yaml'), JSON.stringify(task));
  return join(folder, 'task.yaml');
}

const questions = ['one', 'two', 'three'].map((word, at) => ({
  question: `After ${word} comes`,
  choices: ['one', 'two', 'the sea'].map((choice) => choice),
  gold: at % 2,
}));
const written = {
  ...{ output_type: 'generate_until', doc_to_target: 'answer' },
  generation_kwargs: { until: ['\n'], max_gen_toks: 3 },
  metric_list: [{ metric: 'exact_match' }],
  filter_list: [{ name: 'word', filter: [{ function: 'regex', regex_pattern: '(\\w+)' }] }],
};
const answered = ['one', 'two'].map((word) => ({ question: `After ${word} comes`, answer: word }));

const run = (dataset: string, seed: number) => ({
  ...{ model: 'small-llama', dataset, seed, chat_template: 'none', max_steps: 1, per_device_train_batch_size: 2 },
  adapter: { r: 2, target_modules: ['q_proj'], layers_to_transform: [0, 7] },
});
const adapter = (dataset: string, seed: number) => ({ run: run(dataset, seed) });
const named = { label: 'LoRA', coto: false };

/** A study of every kind that scores a task, on three adapters of one dataset and one of another. */
function studiesOf(dataset: string, other: string, score: object) {
  const [first, second, third] = [adapter(dataset, 1), adapter(dataset, 2), adapter(dataset, 3)];
  return {
    interpolation: { points: 3, curves: ['weight-average'], pairs: [{ ...named, from: first, to: second }], score },
    plane: {
      ...{ subdivisions: 2, methods: ['weight-average'], score },
      triples: [{ ...named, adapters: [first, second, third] }],
    },
    merging: { methods: ['weight-average'], groups: [{ ...named, adapters: [first, second] }], score },
    pruning: {
      ...{ patterns: [], grids: [{ method: 'magnitude', values: [0.5] }], score },
      adapters: [{ ...named, seed: 1, adapter: first }],
    },
    contribution: { unit: 'layer', score, adapters: [{ ...named, seed: 1, adapter: first }] },
    multitask: {
      tasks: [{ dataset, score }, { dataset: other }],
      ...{ methods: ['weight-average'], placebos: false, metric: 'accuracy' },
      groups: [{ ...named, sets: [{ seed: 1, adapters: [first, adapter(other, 1)] }] }],
    },
    ablation: { run: run(dataset, 1), grid: { seed_of_nothing: undefined }, seeds: [1, 2], score },
  };
}

async function finished(backend: Awaited<ReturnType<typeof openBackend>>, config: object) {
  const { study } = await backend.handle('studies.create', { config: z.any().parse(config) });
  await backend.idle();
  return backend.handle('studies.get', { id: study.id });
}

describe('a study that scores the questions of a task', () => {
  it.each([
    ['of multiple choice', () => taskFile(questions), 3],
    ['that are answered by a text', () => taskFile(answered, written), 2],
  ] as const)('is of any kind, for questions %s', async (_, task, count) => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    await backend.handle('settings.set', { forgetting: false });
    const [dataset, other] = [dataOf('one'), dataOf('other')];
    const all = studiesOf(dataset, other, { task: task() });
    for (const [kind, details] of Object.entries(all)) {
      const own = kind === 'multitask' ? {} : { dataset };
      const grid = { grid: { coto: [null] } };
      const config = kind === 'ablation' ? { ...details, ...grid } : { ...own, ...details };
      const { status, error, result } = await finished(backend, { kind, ...config });
      expect({ kind, status, error }).toEqual({ kind, status: 'completed', error: null });
      const examples = z.looseObject({ examples: z.number().optional() }).parse(result);
      if (kind !== 'multitask') expect({ kind, ...examples }).toMatchObject({ kind, examples: count });
    }
    const kinds = (await backend.handle('studies.list', {})).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(Object.keys(all).sort());
  });

  it('has the accuracy of coto eval, is reused while the file is unchanged, and is computed again where it changed', async () => {
    const { start, counts } = countingEngine([]);
    const backend = await openBackend({ startEngine: start, resourcesDirectory: bundledResources });
    await backend.handle('settings.set', { forgetting: false });
    const dataset = dataOf('one');
    const task = taskFile(questions);
    const config = { kind: 'pruning', dataset, ...studiesOf(dataset, dataset, { task }).pruning };
    const first = await finished(backend, config);
    const accuracyOf = (study: typeof first) =>
      pruningResultSchema.parse(study.result).adapters[0]?.unpruned.accuracy ?? null;
    const [trained] = await backend.handle('runs.list', {});
    const columns = [{ adapterId: trained?.adapterId ?? '' }];
    const job = await backend.handle('benchmarks.start', { model: 'small-llama', tasks: task, columns });
    await backend.idle();
    const told = JSON.stringify(await backend.handle('jobs.result', { id: job.id }));
    const value = z.number().parse(/"metric":"acc"[^}]*"value":([\d.]+)/.exec(told)?.slice(1).map(Number)[0]);
    expect(accuracyOf(first)).toBeCloseTo(value, 6);
    expect(studyKind('pruning').describeConfig(first.config, { mergeMethod: (id) => id })).toContainEqual({
      label: 'Scored on',
      value: task,
    });

    const { scores } = counts;
    expect(accuracyOf(await finished(backend, config))).toBe(accuracyOf(first));
    expect(counts.scores).toBe(scores);
    const file = join(task, '../rows.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"gold":1', '"gold":2'));
    const changed = await finished(backend, config);
    expect(changed.status).toBe('completed');
    expect(counts.scores).toBe(2 * scores);
    expect(counts.trainings).toHaveLength(1);
  });

  it('is refused in one sentence before anything is trained', async () => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    const dataset = dataOf('one');
    const refused = async (score: object, more: object = {}, kind: 'merging' | 'interpolation' = 'merging') => {
      const config = { kind, dataset, ...studiesOf(dataset, dataset, score)[kind], ...more };
      for (const request of ['studies.forecast', 'studies.create'] as const) {
        const answer = backend.handle(request, { config: z.any().parse(config) });
        await expect(answer, request).rejects.toMatchObject({
          code: expect.stringMatching(/refused|not_found|invalid_input/),
        });
      }
      return backend.handle('studies.forecast', { config: z.any().parse(config) }).then(
        () => '',
        ({ message }: Error) => message,
      );
    };
    const first = { filter_list: [{ name: 'number', filter: [{ function: 'regex', regex_pattern: 'x(\\d+)' }] }] };
    const task = taskFile(
      answered.map((one) => ({ ...one, answer: 'x1 or x2' })),
      { ...written, ...first },
    );
    expect(await refused({ task })).toBe(
      `${task}: the filter "number" extracts no right answer from the reference of question 1 and 1 more, by exact_match.`,
    );
    expect(await refused({ task: 'stand-in-nothing' })).toBe('There is no bundled task "stand-in-nothing".');
    expect(await refused({ task: taskFile(questions) }, { metric: 'perplexity' })).toBe(
      'metric: answers to the questions of a task have no metric "perplexity".',
    );
    const long = { ...written, generation_kwargs: { until: ['x'], max_gen_toks: 512 } };
    expect(await refused({ task: taskFile(answered, long) })).toMatch(/max_gen_toks is 512, but the model takes 512/);
    const vit = { run: { model: 'quickdraw-vit', dataset: 'fashion-mnist-small', max_steps: 1 } };
    const groups = [{ ...named, adapters: [vit, { run: { ...vit.run, seed: 2 } }] }];
    expect(await refused({ task: taskFile(questions) }, { dataset: 'fashion-mnist-small', groups })).toMatch(
      /task\.yaml is for language models that continue a prompt, and quickdraw-vit is none\.$/,
    );
    expect(await backend.handle('jobs.list', {})).toEqual([]);
    expect(await backend.handle('runs.list', {})).toEqual([]);
  });

  it('warns of runs whose prompt ends in a line break, which the questions do not have', async () => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    const dataset = dataOf('one');
    const score = { task: taskFile(questions) };
    const warnings = async (more: object) => {
      const { run: settings } = adapter(dataset, 1);
      const config = {
        kind: 'ablation',
        run: { ...settings, ...more },
        grid: { coto: [null, {}] },
        seeds: [1, 2],
        score,
      };
      return (await backend.handle('studies.forecast', { config: z.any().parse(config) })).warnings.join(' ');
    };
    expect(await warnings({})).toContain('prompt_template ends with a line break');
    expect(await warnings({ prompt_template: '{prompt}' })).not.toContain('prompt_template');
  });

  it('scores an ensemble that writes its answers by the mean of the next-token probabilities', async () => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    await backend.handle('settings.set', { forgetting: false });
    const dataset = dataOf('one');
    const { interpolation } = studiesOf(dataset, dataset, { task: taskFile(answered, written) });
    const config = { kind: 'interpolation', dataset, ...interpolation, curves: ['ensemble', 'weight-average'] };
    const { status, error, config: fitted, result } = await finished(backend, config);
    expect({ status, error }).toEqual({ status: 'completed', error: null });
    expect(z.looseObject({ left_out: z.array(z.unknown()) }).parse(fitted).left_out).toEqual([]);
    const scored = JSON.stringify(result);
    expect(scored).toContain('ensemble');
  });
});
