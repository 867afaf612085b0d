import { expect, it } from 'vitest';
import { forgettingSchema } from '../../../src-shared/domain/evaluation/forgetting.ts';
import {
  forgettingFact,
  forgettingHeading,
  forgettingSentence,
  meanRise,
  riseText,
} from '../../../src-shared/results/forgetting.ts';

const of = (rise: number) =>
  forgettingSchema.parse({ measure: 'text-loss', base: 3, adapted: 3 + rise, rise, count: 100 });

it('shows a rise with its sign, and a heading with the unit only where something was measured', () => {
  expect([0.03124, -0.0041, 0, -0.00001, null, undefined].map(riseText)).toEqual([
    '+0.0312',
    '−0.0041',
    '0.0000',
    '0.0000',
    '–',
    '–',
  ]);
  expect(forgettingHeading([null, undefined])).toBeNull();
  expect(forgettingHeading([null, of(1)])).toBe('Forgetting (nats per token)');
  expect(meanRise([of(1), null, of(2)])).toBe(1.5);
  expect(meanRise([])).toBeNull();
  expect(() => forgettingSchema.parse({ ...of(1), measure: 'mood' })).toThrow();
});

it('says in a fact what it is of, and in a sentence what that means', () => {
  expect(forgettingFact(of(0.25))).toMatchObject({
    label: 'Forgetting',
    value: '+0.2500 nats per token (3.2500, base 3.0000)',
  });
  const own = { ...of(0.25), measure: 'own-classes-loss', accuracy: { base: 0.25, adapted: 0.2 } } as const;
  expect(forgettingFact(own).value).toBe(
    '+0.2500 nats per image (3.2500, base 3.0000; own head 20.0 % correct, base 25.0 %)',
  );
  expect(forgettingSentence(of(0.25))).toMatch(
    /^Forgetting: \+0\.2500 nats per token .*\)\. Rise of the mean token loss/,
  );
});
