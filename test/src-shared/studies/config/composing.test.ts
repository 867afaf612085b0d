import { describe, expect, it } from 'vitest';
import { pruningStudy, sharesFromTexts } from '../../../../src-shared/studies/adapters/pruning.ts';
import type { StudyAdapter, StudyInput } from '../../../../src-shared/studies/define-study.ts';
import { interpolationStudy } from '../../../../src-shared/studies/interpolation/interpolation.ts';
import { planeStudy } from '../../../../src-shared/studies/interpolation/plane.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging/merging.ts';
import { mergeabilityStudy } from '../../../../src-shared/studies/task-sets/mergeability.ts';
import { multitaskStudy } from '../../../../src-shared/studies/task-sets/multitask.ts';

const adapter = (id: string, coto: boolean, more: Partial<StudyAdapter> = {}): StudyAdapter => ({
  id,
  name: `Adapter ${id}`,
  label: coto ? 'LoRA + CoTo' : 'LoRA',
  group: coto ? 'with' : 'without',
  family: coto ? 'with' : 'without',
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

describe('sets of tasks', () => {
  const sets = (['cats', 'dogs'] as const).flatMap((datasetId) =>
    [false, true].flatMap((coto) =>
      [1, 2].map((seed) => adapter(`${datasetId}-${coto ? 'coto' : 'plain'}-${seed}`, coto, { datasetId, seed })),
    ),
  );

  it('are adapters of one seed, a group for those that were made alike', () => {
    const { tasks, groups, methods } = multitaskStudy.compose(input(sets));
    expect(tasks.map(({ dataset }) => dataset)).toEqual(['cats', 'dogs']);
    expect(groups?.map(({ label, coto }) => [label, coto])).toEqual([
      ['LoRA', false],
      ['LoRA + CoTo', true],
    ]);
    expect(groups?.[1]?.sets).toEqual([
      { seed: 1, adapters: [{ adapterId: 'cats-coto-1' }, { adapterId: 'dogs-coto-1' }] },
      { seed: 2, adapters: [{ adapterId: 'cats-coto-2' }, { adapterId: 'dogs-coto-2' }] },
    ]);
    // The usual list is fitted to the adapters, a chosen one is not.
    expect(methods).toBeNull();
    expect(multitaskStudy.compose(input(sets, { parameters: { methods: ['ties'] } })).methods).toEqual(['ties']);
    expect(mergeabilityStudy.compose(input(sets)).groups).toHaveLength(2);
    // One adapter of each task needs no common seed.
    const two = [adapter('a', false, { datasetId: 'cats', seed: 3 }), adapter('b', false, { datasetId: 'dogs' })];
    expect(multitaskStudy.compose(input(two)).groups?.[0]?.sets).toHaveLength(1);
  });

  it('are refused where they cannot be decided, with the reason', () => {
    const refused = (adapters: readonly StudyAdapter[], more: Partial<StudyInput> = {}) =>
      expect(() => multitaskStudy.compose(input(adapters, more)));
    refused([]).toThrow(/at least one adapter/);
    refused(sets.slice(0, 4)).toThrow(/All adapters are of one task \(cats\)/);
    refused([...sets, adapter('x', false, { modelId: 'another' })]).toThrow(/different bases/);
    refused([...sets, adapter('x', false, { datasetId: null })]).toThrow(/not known which dataset "Adapter x"/);
    refused(sets.slice(0, -1)).toThrow('LoRA + CoTo has no adapter of seed 2 for the task dogs.');
    refused([...sets, adapter('twin', false, { datasetId: 'cats' })]).toThrow(
      /several adapters of seed 1 for the task cats/,
    );
    refused(sets.slice(0, 6)).toThrow(/LoRA \+ CoTo has no adapter of the task dogs/);
    refused(sets, { dataset: 'cats' }).toThrow(/scored on its own dataset/);
  });
});

describe('interpolation', () => {
  it('joins any two adapters, or the seeds of each group over each other', () => {
    const two = interpolationStudy.compose(input([adapter('a', true), adapter('b', true)]));
    const pair = { label: 'LoRA + CoTo', name: '', coto: true, from: { adapterId: 'a' }, to: { adapterId: 'b' } };
    expect(two.pairs).toEqual([pair]);
    const four = [adapter('a', true, { seed: 2 }), adapter('b', false), adapter('c', true), adapter('d', false)];
    expect(
      interpolationStudy.compose(input(four)).pairs.map(({ label, name, from, to }) => [label, name, from, to]),
    ).toEqual([
      ['LoRA', 'Adapter b – Adapter d', { adapterId: 'b' }, { adapterId: 'd' }],
      ['LoRA + CoTo', 'seeds 1, 2', { adapterId: 'c' }, { adapterId: 'a' }],
    ]);
    expect(() => interpolationStudy.compose(input([adapter('a', true)]))).toThrow(/needs two adapters/);
    expect(() => interpolationStudy.compose(input(four.slice(0, 3)))).toThrow(
      /"Adapter b" is the only one of its kind/,
    );
  });

  it('takes every pair of several seeds, or each adapter once', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((id, seed) => adapter(id, true, { seed }));
    const named = (pairs: string) =>
      interpolationStudy.compose(input(five, { parameters: { pairs } })).pairs.map(({ name }) => name);
    expect(named('all')).toHaveLength(10);
    expect(named('disjoint')).toEqual(['seeds 0, 1', 'seeds 2, 3']);
  });

  it('tells groups of one label apart', () => {
    const ranks = ['a', 'b', 'c', 'd'].map((id) => adapter(id, true, { group: id < 'c' ? 'rank 2' : 'rank 4' }));
    expect(interpolationStudy.compose(input(ranks)).pairs.map(({ label }) => label)).toEqual([
      'LoRA + CoTo (1)',
      'LoRA + CoTo (2)',
    ]);
  });

  it('takes a further method with its parameters; one that is drawn anyway adds nothing', () => {
    const composed = (method: string) => {
      const given = { parameters: { method }, methodParameters: { density: 0.2 } };
      const { method: further, parameters } = interpolationStudy.compose(
        input([adapter('a', false), adapter('b', false)], given),
      );
      return { further, parameters };
    };
    expect(composed('ties')).toEqual({ further: 'ties', parameters: { density: 0.2 } });
    expect(composed('factor-average')).toEqual({ further: null, parameters: {} });
  });
});

describe('plane', () => {
  const seeds = (count: number, coto: boolean) =>
    Array.from({ length: count }, (_, at) => adapter(`${coto ? 'c' : 'l'}${at}`, coto, { seed: at + 1 }));

  it('takes three adapters, or triples of the seeds of each group', () => {
    // The newest first, as they are listed.
    const three = planeStudy.compose(input(seeds(3, true).reverse()));
    expect(three).toMatchObject({ subdivisions: 5, beyond: 0, methods: null });
    expect(three.triples).toEqual([
      {
        label: 'LoRA + CoTo',
        name: 'seeds 1, 2, 3',
        coto: true,
        adapters: ['c0', 'c1', 'c2'].map((adapterId) => ({ adapterId })),
      },
    ]);
    const both = [...seeds(3, true), ...seeds(4, false)];
    const names = (triples: string) =>
      planeStudy.compose(input(both, { parameters: { triples } })).triples.map(({ label, name }) => [label, name]);
    expect(names('disjoint')).toEqual([
      ['LoRA + CoTo', 'seeds 1, 2, 3'],
      ['LoRA', 'seeds 1, 2, 3'],
    ]);
    expect(names('all')).toHaveLength(5);
    expect(() => planeStudy.compose(input(seeds(2, true)))).toThrow(/needs three adapters/);
    expect(() => planeStudy.compose(input([...seeds(3, true), ...seeds(2, false)]))).toThrow(/LoRA has 2/);
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
