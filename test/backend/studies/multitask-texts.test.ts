import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { multitaskResultSchema } from '../../../src-shared/studies/task-sets/multitask-schemas.ts';
import { bundledResources, closeBackends, openBackend, realEngine, temporaryFolder } from '../support.ts';

afterEach(closeBackends);

/** A file of prompts and completions. */
function completions(answer: (word: string) => string): string {
  const words = Array.from({ length: 20 }, (_, at) =>
    String.fromCharCode(...[7, 11, 13].map((step) => 97 + ((at * step) % 26))),
  );
  const file = join(temporaryFolder(), 'words.jsonl');
  writeFileSync(file, words.map((word) => JSON.stringify({ prompt: word, completion: answer(word) })).join('\n'));
  return file;
}

it('merges tasks of a language model, which has no heads: the ensemble averages next-token probabilities, the base is plain', async () => {
  const backend = await openBackend({ startEngine: realEngine, resourcesDirectory: bundledResources });
  // Measuring it would take longer than the study.
  await backend.handle('settings.set', { forgetting: false });
  const doubled = completions((word) => word + word);
  const reversed = completions((word) => [...word].reverse().join(''));
  const { study } = await backend.handle('studies.create', {
    config: {
      kind: 'multitask',
      tasks: [{ dataset: doubled }, { dataset: reversed }],
      run: {
        model: 'small-llama',
        max_steps: 2,
        per_device_train_batch_size: 2,
        max_length: 16,
        eval_samples: 2,
        learning_rate: 0.01,
        adapter: { r: 2, target_modules: ['q_proj'] },
      },
      seeds: [1],
      variants: [{ settings: {} }],
      placebos: false,
      eval_samples: 2,
    },
  });
  await backend.idle();
  const done = await backend.handle('studies.get', { id: study.id });
  expect(done).toMatchObject({ status: 'completed', error: null });
  const result = multitaskResultSchema.parse(done.result);
  expect(result.rows.map(({ method, kind }) => method ?? kind)).toEqual([
    'base',
    'own',
    'single',
    'factor-average',
    'weight-average',
    'ensemble',
    'lora-lego',
    'ties',
    'knots',
    'core-space',
  ]);
  expect(result.over).toBe('examples');
  const [base, own] = result.groups[0]?.cells[0] ?? [];
  const plain = await backend.handle('evaluate.start', {
    model: 'small-llama',
    dataset: doubled,
    eval_samples: 2,
    settings: { max_length: 16 },
    adapters: [],
  });
  await backend.idle();
  const evaluated = await backend.handle('jobs.result', { id: plain.id });
  expect(evaluated.kind === 'evaluate' && evaluated.result?.loss).toBeCloseTo(base?.[0]?.loss ?? Number.NaN, 6);
  // `coto eval` averages the same two adapters.
  const place = result.rows.findIndex(({ method }) => method === 'ensemble');
  const trained = await backend.handle('runs.list', {});
  const together = await backend.handle('evaluate.start', {
    model: 'small-llama',
    dataset: doubled,
    eval_samples: 2,
    settings: { max_length: 16 },
    adapters: trained.map(({ adapterId }) => ({ adapter: { adapterId: adapterId ?? '' }, weight: 1 })),
  });
  await backend.idle();
  const ofBoth = await backend.handle('jobs.result', { id: together.id });
  const loss = result.groups[0]?.cells[0]?.[place]?.[0]?.loss ?? Number.NaN;
  expect(ofBoth.kind === 'evaluate' && ofBoth.result?.loss).toBeCloseTo(loss, 6);
  expect(own?.[0]?.loss).not.toBeCloseTo(base?.[0]?.loss ?? Number.NaN, 4);
});
