import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pruningResultSchema } from '../../../src-shared/studies/adapters/pruning-schemas.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { bareEncoder } from '../../engine/bare-encoder.ts';
import { littleBert, withWords, words } from '../../engine/tasks/text-task.ts';
import { bundledResources, closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';

afterEach(closeBackends);

const nouns = words.slice(0, 8);

/** Rows of both splits as a file of its own. */
function rowsFile(row: (text: string, at: number) => object): string {
  const rows = words
    .slice(0, 8)
    .flatMap((word, at) => ['train', 'test'].map((split) => ({ ...row(`the ${word} film`, at), split })));
  const file = join(temporaryFolder(), 'rows.jsonl');
  writeFileSync(file, rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return file;
}

const numbers = () => rowsFile((text, at) => ({ text, label: at / 4 + 0.1 }));
const scoredPairs = () => rowsFile((text, at) => ({ text, text_pair: 'a good book', label: at / 4 + 0.1 }));

const encoder = async () => withWords(await bareEncoder('bert', 'BertModel', 'bert', join(temporaryFolder(), 'base')));

/** A study of each kind that looks at adapters of one task, of runs of this base on these data. */
function studiesOf(model: string, dataset: string) {
  const of = (seed: number) => ({
    run: { model, dataset, seed, max_steps: 2, per_device_train_batch_size: 4, adapter: { r: 2 } },
  });
  const [first, second, third] = [of(1), of(2), of(3)];
  const common = { dataset };
  const named = { label: 'LoRA', coto: false };
  return [
    { kind: 'pruning' as const, ...common, adapters: [{ ...named, seed: 1, adapter: first }] },
    { kind: 'merging' as const, ...common, groups: [{ ...named, adapters: [first, second] }] },
    { kind: 'interpolation' as const, ...common, points: 3, pairs: [{ ...named, from: first, to: second }] },
    {
      kind: 'plane' as const,
      ...common,
      subdivisions: 2,
      triples: [{ ...named, adapters: [first, second, third] as const }],
    },
  ];
}

describe('a study that judges by a metric that the data do not have is refused before anything is trained', () => {
  it.each([
    ['numbers', littleBert, numbers, 'numbers to predict'],
    ['scored pairs', encoder, scoredPairs, 'pairs of texts with a score to predict'],
  ] as const)('of %s', async (_, base, data, what) => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    const model = await base(temporaryFolder());
    const dataset = data();
    for (const config of studiesOf(model, dataset))
      for (const request of ['studies.forecast', 'studies.create'] as const) {
        const refused = (metric: string) =>
          expect(backend.handle(request, { config: { ...config, metric } }), config.kind).rejects;
        await refused('accuracy').toMatchObject({
          code: 'refused',
          message: `This study judges by accuracy, and ${dataset} has ${what}, for which there is none.`,
          hint: 'Choose one of loss, spearman, pearson.',
        });
        await refused('f1_macro').toMatchObject({
          message: `metric: evaluations on ${dataset} have no metric "f1_macro".`,
        });
      }
    expect(await backend.handle('jobs.list', {})).toEqual([]);
    expect(await backend.handle('runs.list', {})).toEqual([]);
  });

  it.each(['multitask', 'mergeability'] as const)('adapters of several tasks: %s', async (kind) => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    const model = await littleBert(temporaryFolder());
    const datasets = [numbers(), numbers()];
    const sets = [1, 2].map((seed) => ({
      seed,
      adapters: datasets.map((dataset) => ({ run: { model, dataset, seed, max_steps: 2, adapter: { r: 2 } } })),
    }));
    const config = {
      kind,
      tasks: datasets.map((dataset, at) => ({ dataset, name: `task ${at}` })),
      groups: [{ label: 'LoRA', coto: false, sets }],
      methods: ['factor-average'],
    };
    await expect(backend.handle('studies.create', { config })).rejects.toMatchObject({
      message: `This study judges by accuracy, and ${datasets[0]} has numbers to predict, for which there is none.`,
    });
    expect(await backend.handle('jobs.list', {})).toEqual([]);
    await expect(
      backend.handle('studies.forecast', { config: { ...config, metric: 'pearson' } }),
    ).resolves.toBeDefined();
  });

  it('metric that falls as a model improves', async () => {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    const dataset = rowsFile((text) => ({ text }));
    const [pruning] = studiesOf('small-llama', dataset);
    if (pruning === undefined) throw new Error('no study');
    const judged = (metric: string | null) => backend.handle('studies.forecast', { config: { ...pruning, metric } });
    await expect(judged('perplexity')).rejects.toMatchObject({
      message: 'metric: less perplexity is better: a study judges by the loss or by a metric of which more is better.',
      hint: 'Choose one of loss, accuracy.',
    });
    expect(await judged('loss')).toMatchObject({ trainings: 1 });
    expect(await judged(null)).toMatchObject({ trainings: 1 });
  });
});

describe('a study judges by what its task is known by', () => {
  const named = { mergeMethod: (id: string) => id };

  async function openQuietly() {
    const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
    // Measuring it would take longer than the studies.
    await backend.handle('settings.set', { forgetting: false });
    return backend;
  }

  async function judged(
    backend: Awaited<ReturnType<typeof openQuietly>>,
    configs: readonly ReturnType<typeof studiesOf>[number][],
    metric: string | null,
  ) {
    const studies = [];
    for (const config of configs) {
      const { study } = await backend.handle('studies.create', { config: { ...config, metric } });
      await backend.idle();
      const { status, error, result, config: kept } = await backend.handle('studies.get', { id: study.id });
      expect({ status, error }, config.kind).toEqual({ status: 'completed', error: null });
      const kind = studyKind(config.kind);
      const headings = kind
        .table(result, kept, named)
        .flatMap(({ title, columns }) => [title, ...columns.map(({ label }) => label)]);
      const figures = kind.figures(result, kept, named).map(({ draw }) => JSON.stringify(draw({ dark: false })));
      const rows = kind
        .comparison(result)
        .map(({ label, unit, better, lora }) => ({ label, unit, better, mean: lora.mean }));
      studies.push({
        kind: config.kind,
        result,
        kept,
        headings: headings.join('\n'),
        figures: figures.join('\n'),
        rows,
      });
    }
    return studies;
  }

  it('numbers: Pearson, without mention or interval of accuracy, or the loss if requested', async () => {
    const backend = await openQuietly();
    const configs = studiesOf(littleBert(temporaryFolder()), numbers());
    const studies = await judged(backend, configs, null);
    for (const { kind, result, kept, headings, figures, rows } of studies) {
      expect({ result, kept }, kind).toMatchObject({ result: { metric: 'pearson' }, kept: { metric: 'pearson' } });
      expect(headings, kind).toContain('Pearson');
      expect(headings + figures, kind).not.toMatch(/accuracy/i);
      expect(headings, kind).not.toMatch(/\(%\)|points/);
      expect(figures, kind).toContain('Pearson');
      for (const { unit, mean } of rows) {
        expect(unit, kind).toMatch(/^(score|loss)$/);
        expect(mean, kind).toEqual(expect.any(Number));
      }
      expect(
        rows.some(({ label }) => label.endsWith(', Pearson')),
        kind,
      ).toBe(true);
    }
    const [pruning] = studies;
    const { adapters } = pruningResultSchema.parse(pruning?.result);
    expect(adapters[0]?.unpruned).toEqual({ accuracy: null, loss: expect.any(Number), judged: expect.any(Number) });
    // Nothing is trained or scored again.
    for (const { kind, result, headings, rows } of await judged(backend, configs, 'loss')) {
      expect(result, kind).toMatchObject({ metric: 'loss' });
      expect(headings, kind).not.toMatch(/accuracy|pearson|%\)/i);
      for (const { unit, better } of rows) expect({ unit, better }, kind).toEqual({ unit: 'loss', better: 'lower' });
    }
    expect(await backend.handle('runs.list', {})).toHaveLength(3);
  });

  it('embeddings: NDCG beside the former accuracy', async () => {
    const dataset = rowsFile((text, at) => ({ anchor: text, positive: `a ${nouns[at]} book` }));
    const configs = studiesOf(await encoder(), dataset).filter(({ kind }) => kind === 'merging' || kind === 'pruning');
    for (const { kind, result, headings, figures } of await judged(await openQuietly(), configs, null)) {
      expect(result, kind).toMatchObject({ metric: 'ndcg_at_10' });
      expect(headings + figures, kind).toContain('NDCG@10');
      expect(headings + figures, kind).not.toMatch(/accuracy/i);
    }
  });
});
