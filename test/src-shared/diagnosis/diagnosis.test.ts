import { describe, expect, test } from 'vitest';
import { settingsText, withChanges } from '../../../src-shared/diagnosis/changes.ts';
import { diagnose, findings } from '../../../src-shared/diagnosis/index.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { findingOf, found, line, record, texts, written } from './record.ts';

/** A loss that falls and flattens, as of a healthy run of 100 steps. */
const healthy = Array.from({ length: 100 }, (_, at) => 0.5 + 2 * 0.93 ** at);

test('finds nothing in a healthy record, and nothing in an empty one', () => {
  const rates = healthy.map(() => 1e-3);
  expect(found(record({ curves: { loss: healthy, learning_rate: rates, grad_norm: healthy } }))).toEqual([]);
  expect(found(record({}))).toEqual([]);
  expect(found(record({ status: 'running' }))).toEqual([]);
  expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length);
});

test('shows the worst first, and only the cause where one finding implies another', () => {
  const error = { code: 'not_finite', message: 'The loss is infinite (step 5 of 60, learning rate 2.00).', hint: null };
  const all = diagnose(
    record({
      ...{ status: 'failed', error, config: { learning_rate: 2, max_grad_norm: 0 } },
      curves: { loss: line(2, 80, 20), grad_norm: line(1, 90, 20) },
    }),
  );
  expect(all.map(({ id, severity }) => [id, severity])).toEqual([['diverged', 'problem']]);
  expect(all[0]?.evidence).toBe(error.message);
  expect(all[0]?.changes).toEqual({ learning_rate: 0.2, max_grad_norm: 1 });
  expect(settingsText(all[0]?.changes ?? {})).toBe('learning_rate: 0.2, max_grad_norm: 1');
  expect(withChanges(runConfigSchema.parse({ seed: 7 }), all[0]?.changes ?? {})).toMatchObject({
    ...{ seed: 7, learning_rate: 0.2, max_grad_norm: 1 },
  });
});

describe('from the training loss', () => {
  test('a tail above 1.5 times the beginning has diverged', () => {
    const tail = (value: number) => found(record({ curves: { loss: [...line(2, 2, 90), ...line(value, value, 10)] } }));
    expect(tail(3.1)).toEqual(['diverged']);
    expect(tail(2.9)).not.toContain('diverged');
  });

  test('a peak above 1.5 times the beginning that falls again is a learning rate too high', () => {
    const peak = (value: number) =>
      found(record({ curves: { loss: [...line(2, 2, 20), ...line(value, value, 20), ...line(1, 1, 60)] } }));
    expect(peak(3.1)).toEqual(['learning-rate-high']);
    expect(peak(2.9)).toEqual([]);
    const loss = [...line(2, 2, 20), ...line(3.1, 3.1, 20), ...line(1, 1, 60)];
    expect(found(record({ config: { head: 'frozen_after_base_probe' }, curves: { loss } }))).toEqual([]);
  });

  test('a last quarter above the beginning is a learning rate too high, unless the first batches differ as much', () => {
    const flat = (value: number, first: readonly number[]) =>
      found(record({ curves: { loss: [...first, ...line(value, value, 95)] } }));
    expect(flat(2.2, [2, 2, 2, 2, 2])).toEqual(['learning-rate-high']);
    expect(flat(2.2, [1.7, 2.3, 1.7, 2.3, 2])).toEqual([]);
    expect(flat(2.08, [2, 2, 2, 2, 2])).toEqual([]);
  });

  test('two jumps to twice the usual loss are spikes, one is not', () => {
    const jumping = (...at: number[]) =>
      found(record({ curves: { loss: healthy.map((value, step) => (at.includes(step) ? 2.7 : value)) } }));
    expect(jumping(40, 60)).toEqual(['loss-spikes']);
    expect(jumping(40)).toEqual([]);
    // Single steps far above the first level are no lasting loss, three in a row are.
    const high = (...at: number[]) =>
      found(record({ curves: { loss: healthy.map((value, step) => (at.includes(step) ? 9 : value)) } }));
    expect(high(40, 42)).toEqual(['loss-spikes']);
    expect(high(40, 41, 42)).toEqual(['learning-rate-high']);
    const lower = healthy.map((value, step) => (step === 40 || step === 60 ? 2 : value));
    expect(found(record({ curves: { loss: lower } }))).toEqual([]);
  });

  test('a learning rate is too low where the loss stayed and the rates add up to less than 0.01', () => {
    const low = (rate: number, to: number, config = {}) =>
      diagnose(
        record({
          config: { learning_rate: rate, ...config },
          curves: { loss: line(2, to, 100), learning_rate: line(rate, rate, 100) },
        }),
      );
    expect(low(1e-6, 1.99).map(({ id }) => id)).toEqual(['learning-rate-low']);
    expect(low(1e-6, 1.99)[0]?.changes).toEqual({ learning_rate: 1e-3 });
    expect(low(9e-5, 1.99)[0]?.changes).toEqual({ learning_rate: 9e-4 });
    expect(low(1.1e-4, 1.99)).toEqual([]);
    expect(low(1e-6, 1.9).map(({ id }) => id)).not.toContain('learning-rate-low');
    expect(low(1e-6, 1.99, { optim: 'sgd' })).toEqual([]);
  });

  test('a fall within the noise of the batches is none where the rates add up to less than 0.001', () => {
    const noisy = (rate: number, fall: number) => {
      const loss = line(2, 2 - fall, 100).map((value, at) => value + (at % 2 === 0 ? 0.5 : -0.5));
      return found(record({ curves: { loss, learning_rate: line(rate, rate, 100) } }));
    };
    // The outer quarters differ by three quarters of the fall and 0.04 of the noise; their standard error is 0.144.
    expect(noisy(9e-6, 0.31)).toEqual(['learning-rate-low']);
    expect(noisy(9e-6, 0.34)).toEqual([]);
    expect(noisy(2e-5, 0.31)).toEqual([]);
  });

  test('a straight fall ended while still learning, a flattened one did not', () => {
    const straight = record({ config: { max_steps: 100 }, curves: { loss: line(3, 1, 100) } });
    expect(diagnose(straight)).toMatchObject([{ id: 'underfitted', changes: { max_steps: 200 } }]);
    expect(diagnose(record({ curves: { loss: line(3, 1, 100) } }))[0]?.changes).toEqual({ num_train_epochs: 6 });
    expect(found(record({ curves: { loss: line(3, 1, 100) }, result: { stoppedEarly: true } }))).toEqual([]);
    // From a level of 2.93, the last quarter adds 19.7 % or 21.6 % of the fall.
    const flattening = (last: number) =>
      found(record({ curves: { loss: [...line(3, 1.3, 50), ...line(1.3, 1.3, 25), ...line(last, last, 25)] } }));
    expect(flattening(0.9)).toEqual([]);
    expect(flattening(0.85)).toEqual(['underfitted']);
    // Less than 5 % as a whole.
    expect(found(record({ curves: { loss: line(3, 2.8, 100) } }))).toEqual(['underfitted']);
    expect(found(record({ curves: { loss: line(3, 2.85, 100) } }))).toEqual([]);
    // The evaluations were better before.
    const evaluations = { eval_loss: { 50: 1, 75: 1.02, 100: 1.05 } };
    expect(found(record({ curves: { loss: line(3, 1, 100) }, evaluations }))).toEqual([]);
  });
});

describe('from evaluations', () => {
  const loss = healthy;
  const rising = (last: number, parts = {}) =>
    record({ curves: { loss }, evaluations: { eval_loss: { 20: 1, 60: 1.05, 100: last } }, ...parts });

  test('a rise of 10 % of the evaluation loss while the training loss falls is overfitting', () => {
    const [finding] = diagnose(rising(1.11));
    expect(finding?.id).toBe('overfitting');
    expect(finding?.evidence).toMatch(/^Since step 20 the evaluation loss rose from 1\.00 to 1\.11 while/);
    expect(found(rising(1.09))).toEqual([]);
  });

  test('overfitting needs a falling training loss, and a score that did not improve', () => {
    expect(found(rising(1.2, { curves: { loss: line(1, 1, 100) } }))).toEqual([]);
    const scored = (then: number, last: number) =>
      rising(1.2, {
        result: { accuracy: last },
        evaluations: { eval_loss: { 20: 1, 60: 1.05, 100: 1.2 }, eval_accuracy: { 20: then, 60: then, 100: last } },
      });
    expect(found(scored(0.6, 0.62))).toEqual(['overfitting']);
    expect(found(scored(0.6, 0.64))).toEqual([]);
    const kept = { load_best_model_at_end: true, metric_for_best_model: 'loss' };
    expect(found(rising(1.2, { config: kept }))).toEqual([]);
  });

  test('one class for every example has a macro F1 of 2p / (1 + p) over the number of classes', () => {
    const collapsed = (f1: number, parts = {}) =>
      diagnose(record({ result: { accuracy: 0.1, metrics: { f1_macro: f1, matthews: 0 } }, ...parts }));
    const signature = 0.2 / 1.1 / 10;
    expect(collapsed(signature).map(({ id }) => id)).toEqual(['class-collapse']);
    // Counts of the classes are not known.
    expect(collapsed(signature)[0]?.changes).toEqual({ num_train_epochs: 6 });
    expect(collapsed(1.01 * signature)).toEqual([]);
    expect(collapsed(signature, { facts: { evalExamples: 49 } }).map(({ id }) => id)).not.toContain('class-collapse');
    expect(
      collapsed(signature, { result: { accuracy: 0.1, metrics: { f1_macro: signature, matthews: 0.01 } } }),
    ).toEqual([]);
  });

  test('a collapse on data of one large class is answered by as many examples of each class', () => {
    const skewed = (large: number, learning_rate = 1e-3) =>
      diagnose(
        record({
          config: { learning_rate },
          result: { accuracy: 0.5, metrics: { f1_macro: 1 / 3, matthews: 0 } },
          rest: {
            dataset: texts({ splits: [{ name: 'train', exampleCount: large + 20, perLabel: [large, 20] }] }, [
              'one',
              'two',
            ]),
          },
        }),
      )[0]?.changes;
    expect(skewed(90)).toEqual({ train_samples_per_class: 20 });
    expect(skewed(70)).toEqual({ num_train_epochs: 6 });
    expect(skewed(70, 2e-3)).toEqual({ learning_rate: 2e-4 });
  });

  test('an interval of 10 points on either side is too wide, and all test examples are the remedy', () => {
    const scored = (evalExamples: number) =>
      diagnose(
        record({
          ...{ config: { eval_samples: evalExamples }, facts: { evalExamples }, result: { accuracy: 0.5 } },
          rest: { dataset: texts({ splits: [{ name: 'test', exampleCount: 300, perLabel: [] }] }) },
        }),
      );
    // Wilson: 0.5 ± 0.0996 at 93 examples, ± 0.1002 at 92.
    expect(scored(93)).toEqual([]);
    const all = texts({ splits: [{ name: 'test', exampleCount: 40, perLabel: [] }] });
    const used = record({
      config: { seed: 7 },
      facts: { evalExamples: 40 },
      result: { accuracy: 0.5 },
      rest: { dataset: all },
    });
    expect(diagnose(used)[0]?.changes).toEqual({ seed: 8 });
    expect(scored(92)).toMatchObject([{ id: 'evaluation-noise', severity: 'note', changes: { eval_samples: 0 } }]);
  });

  test('a gain over the beginning within the noise is named', () => {
    const gained = (start: number) =>
      found(
        record({
          facts: { evalExamples: 200 },
          result: { accuracy: 0.5, start: { zeroShot: false, accuracy: start, loss: 1, metrics: {} } },
        }),
      );
    expect(gained(0.45)).toEqual(['evaluation-noise']);
    expect(gained(0.3)).toEqual([]);
  });

  test('forgetting is named from ln 10 nats on', () => {
    const forgot = (rise: number) =>
      found(
        record({
          result: { forgetting: { measure: 'text-loss', base: 4, adapted: 4 + rise, rise, accuracy: null, count: 9 } },
        }),
      );
    expect(forgot(2.31)).toEqual(['forgetting']);
    expect(forgot(2.3)).toEqual([]);
  });
});

describe('from gradients and masks', () => {
  test('gradients are always clipped from ten times the limit on, in 95 % of the steps', () => {
    const clipped = (norms: readonly number[], config = {}) =>
      diagnose(record({ config, curves: { grad_norm: norms } }));
    expect(clipped(line(11, 11, 100))).toMatchObject([{ id: 'always-clipped', changes: { max_grad_norm: 22 } }]);
    expect(clipped(line(9.9, 9.9, 100))).toEqual([]);
    expect(clipped([...line(11, 11, 95), ...line(0.5, 0.5, 5)])).toHaveLength(1);
    expect(clipped([...line(11, 11, 94), ...line(0.5, 0.5, 6)])).toEqual([]);
    expect(clipped(line(11, 11, 100), { max_grad_norm: 0 })).toEqual([]);
  });

  const facts = { groups: ['layer 0', 'layer 1'] };

  test('an adapter that no mask has on is dead', () => {
    const masked = (on: readonly number[]) =>
      diagnose(
        record({
          facts,
          rest: {
            masks: {
              firstStep: 0,
              nextStep: 20,
              width: 10,
              groupCount: 2,
              counts: new Uint32Array([10, 10]),
              on: new Uint32Array(on),
            },
          },
        }),
      );
    expect(masked([0, 10, 0, 10])).toMatchObject([{ id: 'dead-adapters', changes: { coto: null } }]);
    expect(masked([0, 10, 0, 10])[0]?.evidence).toBe('The schedule never switched on 1 of 2 groups (layer 0).');
    expect(masked([0, 10, 1, 10])).toEqual([]);
  });

  test('the adapters that have a gradient are left to train', () => {
    const dead = (groups: readonly string[], adapter = {}) => {
      const [, ...others] = groups;
      const curves = {
        [`grad_norm/${groups[0]}`]: line(0, 0, 20),
        ...Object.fromEntries(others.map((name) => [`grad_norm/${name}`, line(1, 1, 20)])),
      };
      const config = runConfigSchema.parse({ adapter });
      const changes = diagnose(record({ config, facts: { groups: [...groups] }, curves }))[0]?.changes ?? null;
      return changes === null ? null : { changes, ...withChanges(config, changes).adapter };
    };
    expect(dead(['layers.0', 'layers.1', 'layers.2'])).toMatchObject({ layers_to_transform: [1, 2], variant: 'lora' });
    const excluded = dead(['layers.0.key', 'layers.0.query'], { exclude_modules: ['head'] });
    expect(excluded).toMatchObject({ changes: { 'adapter.exclude_modules': ['head', 'layers.0.key'] } });
    expect(excluded?.exclude_modules).toEqual(['head', 'layers.0.key']);
    expect(dead(['layers.0.key', 'layers.0.query'], { exclude_modules: '.*head' })).toBeNull();
    expect(dead(['layers.0'])).toBeNull();
  });

  test('an adapter whose gradient is 0 in 20 steps is dead', () => {
    const flat = (count: number, value: number) =>
      found(
        record({
          facts,
          curves: { 'grad_norm/layer 0': line(value, value, count), 'grad_norm/layer 1': line(1, 1, count) },
        }),
      );
    expect(flat(20, 0)).toEqual(['dead-adapters']);
    expect(flat(19, 0)).toEqual([]);
    expect(flat(20, 1e-12)).toEqual([]);
  });
});

describe('from the data', () => {
  test('test examples in the training data are named from 1 % on', () => {
    const repeated = (duplicates: Record<string, number>, config = {}) =>
      found(
        record({
          config,
          rest: { dataset: texts({ duplicates, splits: [{ name: 'test', exampleCount: 200, perLabel: [] }] }) },
        }),
      );
    expect(repeated({ across: 2 })).toEqual(['duplicates-across-splits']);
    const both = texts({
      duplicates: { across: 2, nearAcross: 1 },
      splits: [{ name: 'test', exampleCount: 200, perLabel: [] }],
    });
    expect(diagnose(record({ rest: { dataset: both } }))[0]?.dataSteps).toBe('drop-leaks; drop-near-leaks');
    expect(repeated({ nearAcross: 2 })).toEqual(['duplicates-across-splits']);
    expect(repeated({ across: 1, nearAcross: 1 })).toEqual([]);
    expect(repeated({ across: 50 }, { eval_split: 'validation' })).toEqual([]);
  });

  test('a text that names its label leaks it, unless the texts name all labels', () => {
    const named = (own: number, other: number) => {
      const examples = Array.from({ length: 100 }, (_, at) => ({
        ...{ label: at % 2 === 0 ? 'spam' : 'ham (good)', prompt: null },
        text: `${at < own ? (at % 2 === 0 ? 'Spam:' : 'ham (good):') : ''} text ${at < other ? (at % 2 === 0 ? 'ham (good)' : 'spam') : ''}`,
      }));
      return found(record({ rest: { dataset: texts({}, ['spam', 'ham (good)']), examples } }));
    };
    expect(named(95, 0)).toEqual(['label-leak']);
    expect(named(94, 0)).toEqual([]);
    expect(named(100, 20)).toEqual(['label-leak']);
    expect(named(100, 21)).toEqual([]);
  });

  test('truncation of half of the examples is named with a length that holds 95 % of them', () => {
    const cut = (max_length: number, maxPositions = 512, task: 'causal-lm' | 'qa' = 'causal-lm') =>
      diagnose(
        record({ config: { max_length }, rest: { task, lengths: { lengths: line(1, 100, 100), maxPositions } } }),
      );
    expect(cut(50)).toMatchObject([{ id: 'truncated', changes: { max_length: 96 } }]);
    expect(cut(51)).toEqual([]);
    expect(cut(512, 40)).toMatchObject([{ id: 'truncated', changes: null }]);
    expect(cut(50, 512, 'qa')).toEqual([]);
  });
});

describe('from samples', () => {
  const references = ['a', 'b', 'c', 'd'];
  const texts4 = (text: string) => references.map((name) => ({ text: `${name} ${text}`, ended: false }));

  test('answers never end where all ran to the limit and those in the data are shorter', () => {
    const ended = (answers: Parameters<typeof written>[1], data = references) =>
      found(record({ config: { max_steps: 10 }, rest: { samples: written(data, answers) } }));
    expect(ended(texts4('and so on and so on'))).toEqual(['never-ends']);
    expect(ended([...texts4('and so on').slice(1), { text: 'a and so on', ended: true }])).toEqual([]);
    expect(
      ended(
        texts4('and so on'),
        references.map((name) => `${name} and so on and on`),
      ),
    ).toEqual([]);
    expect(ended(texts4('and so on').slice(1), references.slice(1))).toEqual([]);
    // The same answer without an end is named by its cause.
    expect(ended(references.map(() => ({ text: 'so on and so on', ended: false })))).toEqual(['never-ends']);
    // Records of earlier versions do not say it.
    expect(ended(references.map((name) => ({ text: `${name} and so on` })))).toEqual([]);
  });

  test('one answer to four prompts with four answers in the data is the template alone', () => {
    const same = (data: readonly string[]) =>
      found(
        record({
          rest: {
            samples: written(
              data,
              data.map(() => ({ text: ' yes\n', ended: true })),
            ),
          },
        }),
      );
    expect(same(references)).toEqual(['template-only']);
    expect(same(['a', 'b', 'c', 'c'])).toEqual([]);
    expect(same(references.slice(1))).toEqual([]);
  });
});

test('a run in progress shows what can already be known', () => {
  const status = 'running';
  expect(found(record({ status, curves: { loss: line(1, 9, 30) } }))).toEqual(['diverged']);
  const flat = { loss: line(2, 1.99, 100), learning_rate: line(1e-6, 1e-6, 100) };
  expect(found(record({ status, curves: flat }))).toEqual([]);
  expect(findingOf('underfitted', record({ status, curves: { loss: line(3, 1, 100) } }))).toBeNull();
});
