import { describe, expect, it } from 'vitest';
import type { StudyAdapter, StudyInput } from '../../../src-shared/studies/define-study.ts';
import { interpolationStudy } from '../../../src-shared/studies/interpolation.ts';
import { mergingStudy } from '../../../src-shared/studies/merging.ts';
import { pruningStudy, sharesFromTexts } from '../../../src-shared/studies/pruning.ts';

const adapter = (id: string, coto: boolean, more: Partial<StudyAdapter> = {}): StudyAdapter => ({
  id,
  name: `Adapter ${id}`,
  label: coto ? 'LoRA + CoTo' : 'LoRA',
  group: coto ? 'with' : 'without',
  coto,
  seed: 1,
  modelId: 'base',
  datasetId: 'data',
  ...more,
});
const input = (adapters: readonly StudyAdapter[], more: Partial<StudyInput> = {}): StudyInput => ({
  dataset: null,
  eval_samples: 50,
  adapters,
  run: null,
  parameters: {},
  ...more,
});

describe('interpolation', () => {
  it('joins any two adapters, or pairs with and without CoTo over each other', () => {
    const two = interpolationStudy.compose(input([adapter('a', true), adapter('b', true)]));
    expect(two.pairs).toEqual([{ label: 'LoRA + CoTo', coto: true, from: { adapterId: 'a' }, to: { adapterId: 'b' } }]);
    const four = interpolationStudy.compose(
      input([adapter('a', true), adapter('b', false), adapter('c', true), adapter('d', false)]),
    );
    expect(four.pairs.map(({ label, from, to }) => [label, from, to])).toEqual([
      ['LoRA + CoTo', { adapterId: 'a' }, { adapterId: 'c' }],
      ['LoRA', { adapterId: 'b' }, { adapterId: 'd' }],
    ]);
    expect(() => interpolationStudy.compose(input([adapter('a', true)]))).toThrow(/exactly two adapters/);
  });

  it('takes the method that was chosen, with its parameters', () => {
    const { method, parameters } = interpolationStudy.compose(
      input([adapter('a', false), adapter('b', false)], {
        parameters: { method: 'ties' },
        methodParameters: { density: 0.2 },
      }),
    );
    expect({ method, parameters }).toEqual({ method: 'ties', parameters: { density: 0.2 } });
  });
});

describe('every study of adapters', () => {
  const pair = [adapter('a', false), adapter('b', false, { seed: 2 })];

  it('is scored on the dataset that the adapters were made for, or on the chosen one', () => {
    expect(mergingStudy.compose(input(pair)).dataset).toBe('data');
    expect(pruningStudy.compose(input(pair, { dataset: 'other' })).dataset).toBe('other');
    const mixed = [adapter('a', false), adapter('b', false, { datasetId: null })];
    for (const study of [interpolationStudy, mergingStudy, pruningStudy])
      expect(() => study.compose(input(mixed))).toThrow(/different or unknown datasets/);
  });

  it('takes one base', () => {
    const strangers = [adapter('a', false), adapter('b', false, { modelId: 'another' })];
    for (const study of [interpolationStudy, mergingStudy, pruningStudy]) {
      expect(() => study.compose(input(strangers))).toThrow(/different bases/);
      expect(() => study.compose(input([]))).toThrow(/at least one/);
    }
  });

  it('names seeds by what they share, and others by themselves', () => {
    expect(pruningStudy.compose(input(pair)).adapters.map(({ label, seed }) => [label, seed])).toEqual([
      ['LoRA', 1],
      ['LoRA', 2],
    ]);
    const alike = [adapter('a', false), adapter('b', false, { group: 'another rank' })];
    expect(pruningStudy.compose(input(alike)).adapters.map(({ label }) => label)).toEqual(['Adapter a', 'Adapter b']);
  });

  it('reads shares as they are typed', () => {
    expect(sharesFromTexts(['0.9', '25 %', '0.25'])).toEqual([0.25, 0.9]);
    expect(() => sharesFromTexts(['2'])).toThrow(/not a share/);
  });
});
