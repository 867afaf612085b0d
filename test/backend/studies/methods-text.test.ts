import { expect, it } from 'vitest';
import { methodsText } from '../../../src-main/backend/studies/methods-text.ts';
import { mergeMethods, pruneMethods } from '../../../src-main/engine/api/merging.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { studyConfigSchema } from '../../../src-shared/studies/index.ts';

type Store = Parameters<typeof methodsText>[0]['store'];

const run = { model: 'm', dataset: 'd', train_samples_per_class: 4 };

/** The paragraph of an ablation whose runs have these settings. */
function paragraphOf(settings: readonly object[], more: object = {}): string {
  const configs = settings.map((setting) => runConfigSchema.parse({ ...run, ...setting }));
  const store = {
    adapters: { list: () => configs.map((_, at) => ({ sha256: `${at}`, origin: { kind: 'run', runId: `${at}` } })) },
    runs: { find: (id: string) => ({ modelId: 'm', config: configs[Number(id)] }) },
    models: { find: () => undefined },
  } as unknown as Store;
  const config = studyConfigSchema.parse({ kind: 'ablation', run, grid: { coto: [null] }, seeds: [1, 2], ...more });
  const provenance = {
    ...{ version: '1', commit: null, cpu: 'CPU', backend: null, bases: [], datasets: [{ name: 'd', sha256: null }] },
    adapters: configs.map((_, at) => ({ name: '', sha256: `${at}`, seed: null })),
    seeds: [...new Set(configs.map(({ seed }) => seed))],
  };
  return methodsText({ store }, { kind: 'ablation', config, provenance } as unknown as StudyRecord).paragraph;
}

it('says which runs share a draw of training examples', () => {
  const own = paragraphOf([{ seed: 1 }, { seed: 2 }]);
  expect(own).toContain('Runs have the seeds 1 and 2, and each seed draws its own training examples.');
  const shared = paragraphOf([1, 2].map((seed) => ({ seed, data_seed: 0 })));
  expect(shared).toContain('Runs have the seeds 1 and 2, all on the same draw of training examples.');
  const all = paragraphOf([1, 2].map((seed) => ({ seed, data_seed: 0, train_samples_per_class: 0 })));
  expect(all).toContain('Runs have the seeds 1 and 2.');
  expect(paragraphOf([{ seed: 1 }])).toContain('All runs have seed 1, all on the same draw of training examples.');
});

it('keeps the capital of a proper name amid a sentence', () => {
  expect(paragraphOf([{ seed: 1 }], { scores: ['alone', { merge: 'core-space' }] })).toContain('merged by Core Space');
  // First words of labels that are no names; a new label's is added, or its name to midSentence.
  const ordinary = [
    ...[
      'aligned',
      'boundary',
      'checkpoint',
      'compress',
      'concatenation',
      'contribution',
      'every',
      'factor',
      'first',
      'greedy',
    ],
    ...[
      'intruder',
      'linear',
      'magnitude',
      'module',
      'one',
      'output',
      'parameter',
      'post-hoc',
      'random',
      'rank',
      'task',
    ],
  ];
  for (const { declaration } of [...mergeMethods, ...pruneMethods]) {
    const lowered = midSentence(declaration.label);
    if (lowered !== declaration.label) expect(ordinary, declaration.label).toContain(lowered.split(' ')[0]);
  }
});
