import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { compilePythonRegex } from '../targets/python-regex.ts';
import { lastName } from '../targets/target-modules.ts';
import { type AdapterVariant, type ModuleTensors, partOf } from '../variant/variant.ts';

/** Ends of names, or a regular expression for whole names. */
const namesSchema = z.union([z.string(), z.array(z.string())]);
/** PEFT's IA3Config; the default of the names depends on the model there, and is written out. */
const configSchema = z.object({ feedforward_modules: namesSchema.default([]) });

/**
 * IA³: y = l ∘ (W·x + b), or, in feed-forward modules, y = W·(l ∘ x) + b; trained is l alone, which starts at one. Liu et al. 2022.
 * Part: l, [out, 1], of a feed-forward module [1, in].
 */
export const ia3: AdapterVariant = {
  declaration: {
    id: 'ia3',
    label: 'IA³',
    summary:
      'Multiplies the outputs of each target linear, or the inputs of feed-forward linears, by one trained vector.',
    paper: {
      title: 'Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning',
      url: 'https://arxiv.org/abs/2205.05638',
    },
    parameters: [
      {
        name: 'feedforward_modules',
        label: 'Feed-forward modules',
        type: 'text-or-list',
        default: ['down_proj', 'fc2', 'lin2', 'mlp.c_proj'],
        empty: 'none: only outputs are rescaled',
        help: 'Modules with rescaled inputs instead of outputs: the second linear of the feed-forward network. Write a list of ends of names, or a regular expression for whole names. Only modules that target_modules selects count.',
      },
    ],
  },
  files: {
    type: 'IA3',
    ownKeys: [...Object.keys(configSchema.shape), 'init_ia3_weights'],
    sharedKeys: ['exclude_modules', 'fan_in_fan_out'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig: (parameters, modules, config, namesOf = (name) => [name]) => ({
      init_ia3_weights: true,
      ...feedforwardKeys(
        parameters,
        new Map([...modules.keys()].map((name) => [name, isFeedforward(parameters, namesOf(name))])),
        config,
      ),
    }),
    parts: ['l'],
    tensorKey: () => 'ia3_l',
  },
  strength: () => ({ rank: null, scaling: 1 }),
  parts: ({ name, aliases, inFeatures, outFeatures }, { parameters }) => [
    {
      name: 'l',
      shape: isFeedforward(parameters, [name, ...aliases]) ? [1, inFeatures] : [outFeatures, 1],
      trainable: true,
    },
  ],
  sizes(shapes) {
    const [outFeatures, inFeatures] = shapes.get('l') ?? [];
    return outFeatures === undefined || inFeatures === undefined ? null : { outFeatures, inFeatures };
  },
  initialize(module, settings) {
    const [{ shape = [] } = {}] = ia3.parts(module, settings);
    const ones = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1);
    return new Map([['l', { shape, data: ones }]]);
  },
  inputDropout: null,
  forward(x, frozen, adapted, { derivative, residual }) {
    const l = tf.reshape(partOf(adapted, 'l'), [-1]);
    if (scalesInputs(adapted)) return frozenLinear(tf.mul(scaleGradient(x, derivative), l), frozen, { residual });
    const scaled = tf.mul<tf.Tensor2D>(frozenLinear(x, frozen, { derivative }), l);
    return residual === undefined ? scaled : tf.add(scaled, residual);
  },
  mergedWeight(weight, adapted, inputsFirst) {
    const isByRow = scalesInputs(adapted) === inputsFirst;
    const l = tf.reshape(partOf(adapted, 'l'), [-1]);
    return tf.mul(weight, isByRow ? tf.expandDims(l, 1) : l);
  },
  weights: {
    mergedBias: {
      changes: (adapted) => adapted.module.hasBias && !scalesInputs(adapted),
      merge: (bias, adapted) => {
        const l = tf.reshape<tf.Rank.R1>(partOf(adapted, 'l'), [-1]);
        return bias === null ? tf.zerosLike(l) : tf.mul(bias, l);
      },
    },
  },
  product: {
    lowRank: null,
    reason: 'it multiplies activations and adds nothing to the weights',
  },
  memory: ({ rows, outputs }) => [rows * outputs],
};

/** By the parameters of an adapter, which live as long as it: its expression is compiled once. */
const tests = new WeakMap<ParameterValues, (names: readonly string[]) => boolean>();

function isFeedforward(parameters: ParameterValues, names: readonly string[]): boolean {
  let test = tests.get(parameters);
  if (test === undefined) {
    test = feedforwardTest(givenNames(parameters));
    tests.set(parameters, test);
  }
  return test(names);
}

function feedforwardTest(given: string | readonly string[]): (names: readonly string[]) => boolean {
  if (typeof given !== 'string') return (names) => names.some((name) => given.some((end) => name.endsWith(end)));
  const pattern = compilePythonRegex(given, 'full', 'feedforward_modules');
  return (names) => names.some((name) => pattern.test(name));
}

/** A single word, which as an expression would mean no module of a layer, is the list of it. */
function givenNames(parameters: ParameterValues): string | readonly string[] {
  const given = namesSchema.parse(parameters['feedforward_modules']);
  return typeof given === 'string' && /^\w*$/.test(given) ? [given].filter((name) => name !== '') : given;
}

/** [1, in] rescales inputs, [out, 1] outputs. */
function scalesInputs(adapted: ModuleTensors<{ readonly shape: readonly number[] }>): boolean {
  return partOf(adapted, 'l').shape[0] === 1;
}

/**
 * feedforward_modules from which PEFT finds the same modules: as given, by last names, or in full beside such targets.
 * @param modules by today's names, whether they are feed-forward modules.
 */
function feedforwardKeys(
  parameters: ParameterValues,
  modules: ReadonlyMap<string, boolean>,
  { target_modules: targets }: AdapterConfig,
): Record<string, unknown> {
  const given = givenNames(parameters);
  const names = [...modules.keys()];
  const wanted = names.filter((name) => modules.get(name));
  const listed = Array.isArray(targets) ? targets : null;
  // PEFT refuses feed-forward modules that are not among listed targets.
  const isListed = (name: string) => listed === null || listed.includes(name);
  const candidates = [typeof given === 'string' ? given : given.filter(isListed), [...new Set(wanted.map(lastName))]];
  const found = candidates.find((said) => {
    if (typeof said !== 'string' && !said.every(isListed)) return false;
    const test = feedforwardTest(said);
    return names.every((name) => test([name]) === modules.get(name));
  });
  if (found) return { feedforward_modules: found };
  return { feedforward_modules: wanted, target_modules: [...names] };
}
