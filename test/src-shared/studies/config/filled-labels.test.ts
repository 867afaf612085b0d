import { expect, it } from 'vitest';
import { settingWords } from '../../../../src-main/engine/studies/config/setting-words.ts';
import type { PlannedAdapter } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import { type AdapterFacts, withFilledLabels } from '../../../../src-shared/studies/config/filled-labels.ts';

/** LoRA of a run; adapters by id are imported ones. */
function factsOf(adapter: PlannedAdapter): AdapterFacts | null {
  if ('runId' in adapter) return null;
  if ('adapterId' in adapter) return { label: `the ${adapter.adapterId}`, coto: true, seed: 0, run: null };
  const { coto, seed } = adapter.run;
  return { label: coto === null ? 'LoRA' : 'LoRA + CoTo', coto: coto !== null, seed, run: adapter.run };
}

const run = (seed: number, more: object = {}) => ({ run: { seed, ...more } });
const filled = (config: object) => withFilledLabels({ dataset: 'd', ...config }, factsOf, settingWords);

it('fills in what is missing from the adapters of each group, and leaves alone what is given', () => {
  const adapters = [
    { adapter: run(1) },
    { adapter: run(2), label: 'mine', seed: 9 },
    { adapter: run(1, { coto: {} }) },
    { adapter: { adapterId: 'found' } },
  ];
  expect(filled({ kind: 'pruning', adapters })).toMatchObject({
    adapters: [
      { label: 'LoRA', coto: false, seed: 1 },
      { label: 'mine', coto: false, seed: 9 },
      { label: 'LoRA + CoTo', coto: true, seed: 1 },
      { label: 'the found', coto: true, seed: 0 },
    ],
  });
});

it('takes adapters alone where each is looked at by itself', () => {
  const named = [
    { adapter: { adapterId: 'found' }, label: 'the found', coto: true, seed: 0 },
    { adapter: run(2), label: 'LoRA', coto: false, seed: 2 },
  ];
  for (const kind of ['pruning', 'contribution']) {
    expect(filled({ kind, adapters: [{ adapterId: 'found' }, run(2)] })).toMatchObject({ adapters: named });
    expect(filled({ kind, adapters: { adapterId: 'found' } })).toMatchObject({ adapters: named.slice(0, 1) });
  }
  // Not where the config has no such adapters.
  expect(filled({ kind: 'merging', adapters: [run(1)] })).toMatchObject({ adapters: [run(1)] });
});

it('tells groups apart by the settings that differ, and pairs of one label by their seeds', () => {
  const wide = { adapter: { r: 16 } };
  const late = { coto: { initial_p: 0.5 } };
  const pair = (more: object) => ({ from: run(1, more), to: run(2, more) });
  expect(
    filled({ kind: 'interpolation', pairs: [pair({}), pair(wide), pair({ coto: {} }), pair(late)] }),
  ).toMatchObject({
    pairs: [
      { label: 'LoRA', name: 'seeds 1, 2', coto: false },
      { label: 'LoRA, rank 16', name: 'seeds 1, 2', coto: false },
      { label: 'LoRA + CoTo, initial p 0.1', name: 'seeds 1, 2', coto: true },
      { label: 'LoRA + CoTo, initial p 0.5', name: 'seeds 1, 2', coto: true },
    ],
  });
  // Within a pair, the label has only the settings that both share.
  expect(filled({ kind: 'interpolation', pairs: [{ from: run(1), to: run(1, { coto: {} }) }] })).toMatchObject({
    pairs: [{ label: 'LoRA – LoRA + CoTo', coto: false }],
  });
});

it('fills in groups without names, and sets of several tasks', () => {
  const merging = filled({ kind: 'merging', groups: [{ adapters: [run(1), run(2)] }] });
  expect(merging).toEqual({
    kind: 'merging',
    dataset: 'd',
    groups: [{ label: 'LoRA', coto: false, adapters: [run(1), run(2)] }],
  });
  const sets = [1, 2].map((seed) => ({ adapters: [run(seed, { dataset: 'a' }), run(seed, { dataset: 'b' })] }));
  const tasks = [{ dataset: 'a' }, { dataset: 'b' }];
  expect(withFilledLabels({ kind: 'multitask', tasks, groups: [{ sets }] }, factsOf, settingWords)).toMatchObject({
    groups: [{ label: 'LoRA', coto: false, sets: [{ seed: 1 }, { seed: 2 }] }],
  });
});

it('leaves missing what no adapter tells', () => {
  const config = { kind: 'pruning', dataset: 'd', adapters: [{ adapter: { runId: 'unknown' } }] };
  expect(withFilledLabels(config, factsOf, settingWords)).toBe(config);
});
