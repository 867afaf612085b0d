import { createHash } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { adapterVariant } from '../../src-main/engine/adapters/variants/index.ts';
import type { HostTensor } from '../../src-main/engine/tensors/host-tensor.ts';
import { plainLinear } from '../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { runPeer } from './python.ts';

interface Drawn {
  readonly variant: string;
  /** Size of every linear, [in, out]. */
  readonly sizes: readonly (readonly [number, number])[];
  readonly settings: ParameterValues;
}

const sizes = [
  [300, 70],
  [64, 512],
] as const;
const seeds = [0, 1, 11, 2 ** 31, 2 ** 32 + 3];
const cases: Drawn[] = seeds.flatMap((seed) => [
  { variant: 'vera', sizes, settings: { r: 17, projection_prng_key: seed } },
  { variant: 'randlora', sizes, settings: { r: 9, projection_prng_key: seed } },
  { variant: 'randlora', sizes, settings: { r: 16, sparse: true, projection_prng_key: seed } },
  { variant: 'randlora', sizes, settings: { r: 7, very_sparse: true, projection_prng_key: seed } },
  { variant: 'shira', sizes, settings: { r: 5, random_seed: seed } },
]);
cases.push({ variant: 'shira', sizes: [[1500, 900]], settings: { r: 32 } });

const named = cases.map((drawn, at) => ({ at, drawn, name: `${drawn.variant} ${JSON.stringify(drawn.settings)}` }));
let answers: Record<string, string>[] = [];

beforeAll(() => {
  const requests = cases.map((drawn) => ({ ...drawn, type: adapterVariant(drawn.variant).files.type }));
  answers = z.array(z.record(z.string(), z.string())).parse(runPeer('./torch_draws.py', requests));
});

it.each(named)('$name is drawn as PEFT draws it, to the bit', async ({ at, drawn }) => {
  const tensors = await draw(drawn);
  const own = Object.fromEntries([...tensors].map(([name, tensor]) => [name, digest(tensor)]));
  expect(own).toEqual(answers[at]);
});

async function draw({ variant: id, sizes, settings }: Drawn): Promise<ReadonlyMap<string, HostTensor>> {
  const variant = adapterVariant(id);
  const parameters = checkedParameters(variant.declaration, settings);
  const modules = sizes.map(([inFeatures, outFeatures], at) => ({
    ...plainLinear,
    name: `linear${at}`,
    checkpointKey: `linear${at}`,
    aliases: [],
    kind: 'linear' as const,
    layer: null,
    isHead: false,
    hasBias: true,
    inFeatures,
    outFeatures,
  }));
  if (variant.shared) return variant.shared.initialize(modules, parameters);
  const [module] = modules;
  if (!module) throw new Error('no linear');
  const { rank } = variant.strength(parameters, [module.name]);
  const source = { random: RandomStream.seeded(1, 'initialization'), weight: () => Promise.reject(new Error()) };
  const { indices } = Object.fromEntries(await variant.initialize(module, { rank, parameters }, source));
  return new Map(indices ? [['indices', indices]] : []);
}

function digest({ data }: HostTensor): string {
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}
