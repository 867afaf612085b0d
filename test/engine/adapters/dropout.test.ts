import { beforeAll, expect, it } from 'vitest';
import { AdapterDropout } from '../../../src-main/engine/adapters/dropout.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { testCompute } from '../test-compute.ts';
import { vitLike } from './vit-like.ts';

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

beforeAll(() => activateCompute(testCompute));

it('draws nothing outside training, and nothing of a chance of 0', () => {
  const dropout = new AdapterDropout();
  expect([drawn(dropout), dropout.draws(lora(0.5), [module]), dropout.dropsInputs(lora(0.5))]).toEqual([
    null,
    false,
    false,
  ]);
  dropout.setTraining(true, RandomStream.seeded(2, 'dropout'));
  expect([drawn(dropout, lora(0)), dropout.draws(lora(0), [module])]).toEqual([null, false]);
  dropout.inputChance = 0.5;
  expect([dropout.draws(lora(0), [module]), dropout.dropsInputs(lora(0))]).toEqual([true, true]);
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
