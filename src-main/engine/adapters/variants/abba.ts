import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { factorsOfSvd } from '../../linalg/index.ts';
import { scaleGradient } from '../../ops/autograd/scale-gradient.ts';
import { frozenLinear } from '../../ops/linear/frozen-linear.ts';
import { hadamardMergedWeight, hadamardUpdate, usesKhatriRao } from '../../ops/linear/hadamard-update.ts';
import { kaimingUniform, zeros } from '../draws/kaiming.ts';
import { hadamardProduct } from '../factors/khatri-rao.ts';
import { sharedScaling } from '../factors/shared-scaling.ts';
import { leadingSvd } from '../initializations/initialization.ts';
import { type AdapterVariant, type ModuleTensors, partOf } from '../variant/variant.ts';
import { alphaParameter, dropoutParameter } from './parameters.ts';

/** PEFT has no such type: the folder has PEFT's layout, the authors' names of tensors and ranks, and this config. */
const configSchema = z.object({
  r1: z.number().int().min(1).default(8),
  r2: z.number().int().min(1).default(8),
  alpha: z.number().positive().default(16),
  dropout: z.number().min(0).max(1).default(0),
});

/**
 * ABBA: y = W·x + alpha² / √(r₁r₂) · ((B₁·A₁) ∘ (B₂·A₂))·x. Singhal et al. 2025, equations 4 to 7: B₁ and A₁ start as the first r₁ singular
 * components of W, B₂ at zero; the product is computed by its Khatri-Rao factors. Parts: a1 [r₁, in], b1 [out, r₁], a2, b2.
 */
export const abba: AdapterVariant = {
  declaration: {
    id: 'abba',
    label: 'ABBA',
    summary: 'Multiplies two low-rank products entry by entry. One of them starts as the main part of the base weight.',
    paper: {
      title: 'ABBA-Adapters: Efficient and Expressive Fine-Tuning of Foundation Models',
      url: 'https://arxiv.org/abs/2505.14238',
    },
    parameters: [
      rankOf('r1', 'Rank of the first pair', 'Inner size of B₁·A₁, which starts as the main part of the weight.'),
      rankOf(
        'r2',
        'Rank of the second pair',
        'Inner size of B₂·A₂, which starts at zero. The update reaches rank r1 · r2.',
      ),
      alphaParameter(16, 'Strength of the adapter: its update is scaled by alpha² / √(r1 · r2). The paper: 16 to 32.'),
      dropoutParameter('dropout'),
    ],
  },
  files: {
    type: 'ABBA',
    isForeign: true,
    ownKeys: Object.keys(configSchema.shape),
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern', 'fan_in_fan_out'],
    matches: () => true,
    fromConfig: (config) => configSchema.parse(config),
    toConfig(parameters, modules) {
      const scaling = sharedScaling('ABBA', modules) ?? scalingOf(parameters);
      const alpha = Math.sqrt(scaling * Math.sqrt(rankProduct(parameters)));
      return { ...parameters, alpha: Number(alpha.toPrecision(12)) };
    },
    parts: ['a1', 'b1', 'a2', 'b2'],
    tensorKey: (_, part) => `lora_${part.toUpperCase()}`,
  },
  strength: (parameters) => ({ rank: rankProduct(parameters), scaling: scalingOf(parameters) }),
  parts: ({ inFeatures, outFeatures }, { parameters }) =>
    (['r1', 'r2'] as const).flatMap((rank, at) => [
      { name: `a${at + 1}`, shape: [numberOf(parameters, rank), inFeatures], trainable: true },
      { name: `b${at + 1}`, shape: [outFeatures, numberOf(parameters, rank)], trainable: true },
    ]),
  sizes(shapes) {
    const [inFeatures, outFeatures] = [shapes.get('a1')?.[1], shapes.get('b1')?.[0]];
    return inFeatures === undefined || outFeatures === undefined ? null : { inFeatures, outFeatures };
  },
  async initialize({ name, inFeatures, outFeatures }, { parameters }, { random, weight }) {
    const [r1, r2] = [numberOf(parameters, 'r1'), numberOf(parameters, 'r2')];
    const most = Math.min(inFeatures, outFeatures);
    if (r1 > most)
      throw new StudioError(
        'invalid_input',
        `r1: ABBA starts with ${r1} singular components, and ${name} has ${most}.`,
        `Set r1 to at most ${most}.`,
      ).at('adapter.r1');
    const { a, b } = factorsOfSvd(leadingSvd(await weight(), r1, random), 1);
    return new Map([
      ['a1', a],
      ['b1', b],
      // The authors' start is Kaiming's own, within ±√(6 / in), not PEFT's.
      ['a2', kaimingUniform([r2, inFeatures], random, inFeatures / 6)],
      ['b2', zeros([outFeatures, r2])],
    ]);
  },
  inputDropout: 'dropout',
  forward(x, frozen, adapted, { derivative, residual, dropoutMask: mask }) {
    const entered = scaleGradient(x, derivative);
    const factors = { ...factorsOf(adapted), scaling: adapted.scaling };
    return frozenLinear(entered, frozen, { residual: hadamardUpdate(entered, factors, { residual, mask }) });
  },
  mergedWeight: (weight, adapted, inputsFirst) =>
    hadamardMergedWeight(weight, { ...factorsOf(adapted), scaling: adapted.scaling }, inputsFirst),
  product: {
    lowRank: (adapted) => hadamardProduct(factorsOf(adapted), adapted.scaling),
  },
  memory(linear, { parameters }) {
    const [r1, r2] = [numberOf(parameters, 'r1'), numberOf(parameters, 'r2')];
    return usesKhatriRao(linear, r1, r2) ? [linear.rows * r1 * r2] : [];
  },
};

function rankOf(name: string, label: string, help: string): ParameterSpec {
  return { name, label, type: 'integer', default: 8, minimum: 1, maximum: 256, step: 1, help };
}

function rankProduct(parameters: ParameterValues): number {
  return numberOf(parameters, 'r1') * numberOf(parameters, 'r2');
}

/** Theorem 2: with 1 / √(r₁r₂) outputs and gradients keep their size at any rank. */
function scalingOf(parameters: ParameterValues): number {
  return numberOf(parameters, 'alpha') ** 2 / Math.sqrt(rankProduct(parameters));
}

function factorsOf<T>(adapted: ModuleTensors<T>): { a1: T; b1: T; a2: T; b2: T } {
  const part = (name: string) => partOf(adapted, name);
  return { a1: part('a1'), b1: part('b1'), a2: part('a2'), b2: part('b2') };
}
