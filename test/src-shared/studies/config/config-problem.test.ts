import { describe, expect, it } from 'vitest';
import { keysAt } from '../../../../src-shared/contract/schema-keys.ts';
import { nearestName } from '../../../../src-shared/format/nearest-name.ts';
import { configProblem } from '../../../../src-shared/studies/config/config-problem.ts';
import { studyConfigSchema, studyKind, studyKinds } from '../../../../src-shared/studies/index.ts';

function problemOf(
  config: Readonly<Record<'kind', string> & Record<string, unknown>>,
): ReturnType<typeof configProblem> {
  const { error } = studyConfigSchema.safeParse(config);
  if (error === undefined) throw new Error('the config is valid');
  return configProblem(studyKind(config.kind), error);
}

describe.each(studyKinds.map(({ kind, declaration }) => ({ kind, label: declaration.label })))(
  '$kind',
  ({ kind, label }) => {
    const keys = keysAt(studyKind(kind).configSchema, []);

    it('asks for the key that a misspelled one was meant to be', () => {
      expect(keys.length).toBeGreaterThan(2);
      for (const key of keys) {
        const without = key.slice(0, -1);
        const wrong = [`${key}s`, `${key}x`, without, key.toUpperCase()].filter((one) => !keys.includes(one));
        for (const written of wrong) {
          const { message, hint } = problemOf({ kind, [written]: [] });
          expect(message).toBe(`there is no key ${written}`);
          expect(hint).toContain('Did you mean ');
          expect(hint).toContain(`${label} has the keys ${[...new Set(keys)].join(', ')}.`);
        }
        if (!keys.includes(without))
          expect(problemOf({ kind, [without]: [] }).hint, without).toMatch(
            `Did you mean ${nearestName(without, keys)}?`,
          );
      }
    });

    it('names the keys for one that is like none', () => {
      expect(problemOf({ kind, qqqqqqqqqqqq: 1 }).hint).toBe(`${label} has the keys ${[...new Set(keys)].join(', ')}.`);
    });
  },
);

it('finds keys within lists, pairs and runs', () => {
  const pruned = { adaptr: { adapterId: 'a' }, label: 'a', coto: false, seed: 1 };
  expect(problemOf({ kind: 'pruning', adapters: [pruned] })).toEqual({
    message: 'there is no key adapters.0.adaptr',
    hint: 'Did you mean adapter? adapters.0 has the keys label, coto, seed, adapter.',
  });
  const run = { run: { learning_rte: 1 } };
  const pair = { label: 'a', coto: false, from: run, to: { adapterId: 'a' } };
  expect(problemOf({ kind: 'interpolation', pairs: [pair] })).toMatchObject({
    message: 'there is no key pairs.0.from.run.learning_rte',
    hint: expect.stringMatching(/^Did you mean learning_rate\? pairs\.0\.from\.run has the keys /),
  });
});

it('takes singular for plural, capitals and dashes for a slip, and other words for other words', () => {
  expect(nearestName('adapter', ['kind', 'adapters', 'dataset'])).toBe('adapters');
  expect(nearestName('evalSamples', ['eval_samples', 'samples'])).toBe('eval_samples');
  expect(nearestName('datsets', ['dataset', 'data'])).toBe('dataset');
  expect(nearestName('epochs', ['kind', 'adapters'])).toBeNull();
});
