import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import { circulantLinear, circulantMergedWeight } from '../../ops/linear/circulant-linear.ts';
import { elementCount } from '../../tensors/host-tensor.ts';
import { patternOf } from '../peft-format/patterns.ts';
import { patternKeys } from '../peft-format/strength-keys.ts';
import { type AdapterVariant, type ModuleTensors, partOf } from '../variant/variant.ts';

/** PEFT's C3AConfig, with PEFT's defaults. */
const configSchema = z.object({
  block_size: z.number().int().min(1).default(256),
  block_size_pattern: z.record(z.string(), z.number().int().min(1)).default({}),
  init_weights: z
    .union([z.boolean(), z.enum(['gaussian', 'kaiming_uniform', 'xavier_uniform'])])
    .default('xavier_uniform'),
});

/**
 * C3A: y = W·x + C·x / in + b, C made of circulant blocks, each given by its first row. Chen et al. 2025. Part: kernel
 * [out / size, in / size, size].
 */
export const c3a: AdapterVariant = {
  declaration: {
    id: 'c3a',
    label: 'C³A',
    summary:
      'Adds circular convolutions, block by block. The update has a high rank from in · out / size trained values.',
    paper: {
      title: 'Parameter-Efficient Fine-Tuning via Circular Convolution',
      url: 'https://arxiv.org/abs/2407.19342',
    },
    parameters: [
      {
        name: 'block_size',
        label: 'Block size',
        type: 'integer',
        default: 256,
        minimum: 1,
        maximum: 16384,
        step: 1,
        help: 'Rows and columns of a block. The size must divide the inputs and the outputs of every adapted linear. Larger blocks train fewer values.',
      },
      {
        name: 'init_weights',
        label: 'Initialization',
        type: 'choice',
        default: 'xavier_uniform',
        choices: [
          { value: 'xavier_uniform', label: 'Xavier uniform: within ±√(6 / (in + out))' },
          { value: 'kaiming_uniform', label: 'Kaiming uniform: within ±1/√in' },
          { value: 'gaussian', label: 'Gaussian: standard deviation 1' },
          { value: 'zeros', label: 'Zeros: training begins from the unchanged base' },
        ],
        help: 'Initial values of the kernels. All choices but zeros change the base slightly before the first step.',
        advanced: true,
      },
      {
        name: 'block_size_pattern',
        label: 'Block size by module',
        type: 'integer-map',
        default: {},
        minimum: 1,
        maximum: 16384,
        empty: 'block_size for all',
        help: 'Block sizes of single modules, by name, end of a name, or regular expression. The first match counts.',
        advanced: true,
      },
    ],
  },
  files: {
    type: 'C3A',
    ownKeys: Object.keys(configSchema.shape),
    sharedKeys: ['layers_to_transform', 'layers_pattern', 'bias'],
    matches: () => true,
    fromConfig(config) {
      const { init_weights: start, ...parameters } = configSchema.parse(config);
      return { ...parameters, init_weights: start === true ? 'zeros' : start === false ? 'xavier_uniform' : start };
    },
    toConfig: (parameters, modules, _, namesOf = (name) => [name]) => ({
      ...patternKeys(
        ['block_size', 'block_size_pattern'],
        parameters,
        new Map([...modules.keys()].map((name) => [name, sizeFor(namesOf(name), parameters)])),
      ),
      init_weights: parameters['init_weights'] === 'zeros' ? true : parameters['init_weights'],
    }),
    parts: ['kernel'],
    tensorKey: () => 'c3a_kernel',
    refusesConv1d: true,
  },
  strength: () => ({ rank: null, scaling: 1 }),
  parts: (module, { parameters }) => [{ name: 'kernel', shape: kernelShape(module, parameters), trainable: true }],
  sizes(shapes) {
    const [rows, columns, size] = shapes.get('kernel') ?? [];
    if (rows === undefined || columns === undefined || size === undefined) return null;
    return { inFeatures: columns * size, outFeatures: rows * size };
  },
  initialize(module, { parameters }, { random }) {
    const shape = kernelShape(module, parameters);
    const draw = drawing(String(parameters['init_weights']), module, random);
    return new Map([['kernel', { shape, data: Float32Array.from({ length: elementCount(shape) }, draw) }]]);
  },
  inputDropout: null,
  forward: (x, frozen, adapted, { derivative, residual }) =>
    circulantLinear(x, frozen, partOf(adapted, 'kernel'), scalingOf(adapted), { derivative, residual }),
  mergedWeight: (weight, adapted, inputsFirst) =>
    circulantMergedWeight(weight, partOf(adapted, 'kernel'), scalingOf(adapted), inputsFirst),
  product: {
    lowRank: null,
    reason: 'its circulant blocks have full rank, so that there are no thin factors',
  },
  memory: () => [],
};

function scalingOf({ module, scaling }: ModuleTensors<unknown>): number {
  return scaling / module.inFeatures;
}

function sizeFor(names: readonly string[], parameters: ParameterValues): number {
  return patternOf(parameters, 'block_size_pattern').valueOf(names, numberOf(parameters, 'block_size'));
}

/** @throws StudioError invalid_input where the blocks do not fill the weight, as PEFT refuses it. */
function kernelShape({ name, aliases, inFeatures, outFeatures }: LinearModule, parameters: ParameterValues): number[] {
  const size = sizeFor([name, ...aliases], parameters);
  if (inFeatures % size === 0 && outFeatures % size === 0) return [outFeatures / size, inFeatures / size, size];
  const divisor = (one: number, other: number): number => (other === 0 ? one : divisor(other, one % other));
  throw new StudioError(
    'invalid_input',
    `block_size: ${size} does not divide the ${inFeatures} inputs and the ${outFeatures} outputs of ${name}.`,
    `Set block_size to ${divisor(inFeatures, outFeatures)} or a divisor of it, for this module alone in block_size_pattern.`,
  ).at('adapter.block_size');
}

function drawing(start: string, { inFeatures, outFeatures }: LinearModule, random: RandomStream): () => number {
  if (start === 'zeros') return () => 0;
  if (start === 'gaussian') return () => random.normal();
  const bound = start === 'kaiming_uniform' ? 1 / Math.sqrt(inFeatures) : Math.sqrt(6 / (inFeatures + outFeatures));
  return () => (2 * random.uniform() - 1) * bound;
}
