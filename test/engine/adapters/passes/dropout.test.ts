import { beforeAll, expect, it } from 'vitest';
import { AdapterDropout } from '../../../../src-main/engine/adapters/passes/dropout.ts';
import { adapterVariant } from '../../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { AdapterUse } from '../../../../src-main/engine/compute/pass-recorder.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { testCompute } from '../../test-compute.ts';
import { vitLike } from '../vit-like.ts';

const [first] = vitLike(1).linears;
if (!first) throw new Error('no linear');
const module = { ...first };

const lora = (chance: number) => ({ variant: adapterVariant('lora'), parameters: { lora_dropout: chance } });

function drawn(dropout: AdapterDropout, host = lora(0.5)): number[] | null {
  const mask = dropout.masks(host, module, [4, module.inFeatures])?.dropoutMask ?? null;
  const values = mask && Array.from(mask.dataSync());
  mask?.dispose();
  return values;
}

const usesOf = (uses: Readonly<Record<string, AdapterUse>>) => new Map(Object.entries(uses));

beforeAll(() => activateCompute(testCompute));

it('draws nothing outside training, and nothing of a chance of 0', () => {
  const dropout = new AdapterDropout();
  expect([drawn(dropout), dropout.dropsInputs(lora(0.5))]).toEqual([null, false]);
  dropout.setTraining(true, RandomStream.seeded(2, 'dropout'));
  expect([drawn(dropout, lora(0)), dropout.dropsInputs(lora(0))]).toEqual([null, false]);
  dropout.inputChance = 0.5;
  expect(dropout.dropsInputs(lora(0))).toBe(true);
  expect(drawn(dropout, lora(0))).toContain(2);
  dropout.setTraining(false, null);
  expect([drawn(dropout), dropout.state()]).toEqual([null, null]);
});

it('needs a stream in training', () => {
  const dropout = new AdapterDropout();
  dropout.setTraining(true, null);
  expect(() => drawn(dropout)).toThrow('random stream');
});

it('replays masks and stays where it is, or draws on from an earlier place', () => {
  const dropout = new AdapterDropout();
  dropout.setTraining(true, RandomStream.seeded(2, 'dropout'));
  const start = dropout.state();
  const [first, second] = [drawn(dropout), drawn(dropout)];
  expect(second).not.toEqual(first);
  expect(dropout.replay(start, () => [drawn(dropout), drawn(dropout)])).toEqual([first, second]);
  const third = drawn(dropout);
  dropout.rewind(start);
  expect([drawn(dropout), drawn(dropout), drawn(dropout)]).toEqual([first, second, third]);
});

it('goes back to its stream where a replay throws', () => {
  const dropout = new AdapterDropout();
  dropout.setTraining(true, RandomStream.seeded(2, 'dropout'));
  const start = dropout.state();
  drawn(dropout);
  const state = dropout.state();
  const failing = () => {
    throw new Error('out of memory');
  };
  expect(() => dropout.replay(start, failing)).toThrow('out of memory');
  expect(dropout.state()).toEqual(state);
});

it('draws the seeds of a pass before it, the same as one by one, and goes back where they do not fit', () => {
  const dropout = new AdapterDropout();
  dropout.setTraining(true, RandomStream.seeded(2, 'dropout'));
  const start = dropout.state();
  const masks = [drawn(dropout), drawn(dropout), drawn(dropout)];
  const end = dropout.state();
  dropout.rewind(start);
  const uses = [usesOf({ a: 't', b: '-' }), usesOf({}), usesOf({ c: 'o', d: 't' })];
  const passed = dropout.withSeeds(uses, false, (seeds) => {
    const made: (number[] | null)[] = [];
    for (const [layer, modules] of uses.entries()) {
      seeds.enter(layer);
      for (const use of modules.values()) if (use !== '-') made.push(drawn(dropout));
    }
    seeds.check();
    // A layer that runs again has its own once more.
    seeds.enter(0);
    return [...made, drawn(dropout)];
  });
  expect(passed).toEqual([...masks, masks[0]]);
  expect(dropout.state()).toEqual(end);
  dropout.rewind(start);
  expect(dropout.isEven(lora(0.5), [module])).toBe(true);
  const tooMany = dropout.withSeeds([usesOf({ a: 't' })], false, (seeds) => {
    seeds.enter(0);
    return [drawn(dropout), drawn(dropout)];
  });
  expect([tooMany, dropout.state(), dropout.isEven(lora(0.5), [module])]).toEqual([null, start, false]);
});
