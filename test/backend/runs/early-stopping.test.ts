import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { describeRun } from '../../../src-main/cli/run-text.ts';
import { closeBackends, openBackend, realEngine, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';

afterEach(closeBackends);

it('completes a run that stops early, and says so in its message, its card and coto runs show; a validation score is no test score', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  const config = {
    ...tinyConfig,
    dataset: tinyIdx(),
    max_steps: 9,
    eval_steps: 1,
    eval_split: 'validation',
    validation_samples: 10,
    max_train_samples: 12,
    metric_for_best_model: 'f1_macro',
    early_stopping_patience: 2,
    // No evaluation is better than the first by as much.
    early_stopping_threshold: 2,
  } as const;
  const { run } = await backend.handle('runs.create', { config });
  await backend.idle();
  const ended = await backend.handle('runs.get', { id: run.id });
  expect(ended).toMatchObject({
    status: 'completed',
    step: 3,
    facts: { totalSteps: 9, trainExamples: 12, evalExamples: 10, paddingShare: null },
    result: { steps: 3, stoppedEarly: true, best: { metric: 'f1_macro' } },
  });
  const note = 'Stopped early at step 3 of 9: 2 evaluations without improvement of f1_macro, which was best at step ';
  const messages = backend.seen('notification').map(({ message }) => message);
  expect(messages.some((message) => message.includes('% on the validation examples') && message.includes(note))).toBe(
    true,
  );
  const log = await backend.handle('runs.log', { id: run.id });
  expect(log.some(({ text }) => text.startsWith(note))).toBe(true);
  expect(log.at(-1)?.text).toMatch(/^Finished after 3 steps: [\w ]+[\d.]+ % on the validation examples\.$/);
  expect(describeRun(ended, { model: 'base', dataset: null })).toMatch(/accuracy +[\d.]+ % on 10 validation examples/);
  expect(describeRun(ended, { model: 'base', dataset: null })).toContain(note);
  expect(describeRun(ended, { model: 'base', dataset: null })).toMatch(/^model +base \(\S+\)\ndataset +[^ (]+$/m);
  const adapter = await backend.handle('adapters.get', { id: ended.adapterId ?? '' });
  expect(adapter.accuracy).toBeNull();
  expect(readFileSync(join(backend.home, adapter.folder, 'README.md'), 'utf8')).toContain(`## Training\n\n${note}`);
});

it('refuses settings that contradict each other or the data before anything is created, naming the field and the way out', async () => {
  const backend = await openBackend({
    startEngine: scriptedEngine(async () => {
      throw new Error('nothing is run');
    }),
  });
  const dataset = tinyIdx();
  const refusals: [settings: object, message: string, hint: string][] = [
    [{ metric_for_best_model: 'bleu' }, 'metric_for_best_model is "bleu"', 'loss, accuracy, f1_macro'],
    [{ early_stopping_patience: 3 }, 'eval_steps is 0', 'Set eval_steps'],
    [{ eval_split: 'validation' }, 'validation_samples is 0', 'Set validation_samples'],
    [{ validation_samples: 31 }, 'the training split has 40 examples of 10 classes', 'at most 30'],
    [{ validation_samples: 30, train_samples_per_class: 2 }, '1 training examples beside those held out', 'at most 1'],
    [{ max_train_samples: 5, train_samples_per_class: 2 }, 'only one can say', 'one of them to 0'],
    [{ group_by_length: true }, 'images have no length', 'group_by_length to false'],
  ];
  for (const [settings, message, hint] of refusals)
    for (const request of ['runs.create', 'runs.estimate'] as const)
      await expect(backend.handle(request, { config: { ...tinyConfig, dataset, ...settings } })).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      });
  expect(await backend.handle('runs.list', { archived: false })).toEqual([]);
  const config = { ...tinyConfig, dataset, validation_samples: 10, max_train_samples: 200 };
  expect(await backend.handle('runs.estimate', { config })).toMatchObject({ trainExamples: 30 });
});
