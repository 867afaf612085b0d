import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { bareEncoder } from '../../engine/bare-encoder.ts';
import { littleBert, withWords, words } from '../../engine/tasks/text-task.ts';
import { bundledResources, closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';

afterEach(closeBackends);

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
      for (const request of ['studies.forecast', 'studies.create'] as const)
        await expect(backend.handle(request, { config }), config.kind).rejects.toMatchObject({
          code: 'refused',
          message: `This study judges by accuracy, and ${dataset} has ${what}, for which there is none.`,
        });
    expect(await backend.handle('jobs.list', {})).toEqual([]);
    expect(await backend.handle('runs.list', {})).toEqual([]);
  });
});
