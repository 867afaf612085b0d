import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import { type Matrix, type Svd, toFloat32 } from '../../linalg/index.ts';
import {
  calibrationExamples,
  type Initialization,
  leadingSvd,
  requireComponents,
  type StartingModule,
  type StartSource,
  smallerSide,
} from './initialization.ts';

const settingsSchema = z.object({
  lora_ga_formula: z.enum(['paper', 'peft']),
  lora_ga_direction: z.enum(['ArBr', 'A2rBr', 'ArB2r', 'random']),
  lora_ga_scale: z.enum(['stable', 'weight_svd', 'gd_scale', 'unit']),
});
type Settings = z.infer<typeof settingsSchema>;

/**
 * LoRA-GA: the first step of B·A goes where full fine-tuning's would. The gradient of W on some training batches is U·S·Vᵀ; of its
 * first 2r components r give A and r give B. Wang et al. 2024, section 3.3; PEFT's form takes B = U·S and scales B alone.
 */
export const loraGa: Initialization = {
  declaration: {
    id: 'lora-ga',
    label: 'LoRA-GA',
    summary: "Aligns the adapter's first step with full fine-tuning's, by the gradient of the loss on some examples.",
    paper: {
      title: 'LoRA-GA: Low-Rank Adaptation with Gradient Approximation',
      url: 'https://arxiv.org/abs/2407.05000',
    },
    parameters: [
      {
        name: 'lora_ga_direction',
        label: 'LoRA-GA direction',
        type: 'choice',
        default: 'ArB2r',
        choices: [
          { value: 'ArB2r', label: 'A the first r components, B the next r' },
          { value: 'A2rBr', label: 'B the first r components, A the next r' },
          { value: 'ArBr', label: 'In turns: B the first, third, …, A the second, fourth, …' },
          { value: 'random', label: 'The same random r of the first 2r for both' },
        ],
        help: "Components of the gradient in A and B (PEFT's lora_ga_config.direction). For init_lora_weights lora-ga.",
        advanced: true,
      },
      {
        name: 'lora_ga_scale',
        label: 'LoRA-GA scale',
        type: 'choice',
        default: 'stable',
        choices: [
          { value: 'stable', label: 'Stable: out^¼ / √γ' },
          { value: 'weight_svd', label: "By the weight's greatest singular value (PEFT's formula only)" },
          { value: 'gd_scale', label: 'Gradient descent: 1 / scaling' },
          { value: 'unit', label: 'None' },
        ],
        help: "Initial size of the factors (PEFT's lora_ga_config.scale). For init_lora_weights lora-ga.",
        advanced: true,
      },
      {
        name: 'lora_ga_stable_gamma',
        label: 'LoRA-GA γ',
        type: 'number',
        default: 16,
        above: 0,
        help: "With the stable scale, larger values start smaller (PEFT's lora_ga_config.stable_gamma). For init_lora_weights lora-ga.",
        advanced: true,
      },
      {
        name: 'lora_ga_formula',
        label: 'LoRA-GA formula',
        type: 'choice',
        default: 'paper',
        choices: [
          { value: 'paper', label: "The authors': B = U, the scale on A and B" },
          { value: 'peft', label: "PEFT's: B = U·S, the scale on B alone" },
        ],
        help: "Weighs B by the gradient's singular values and leaves A unweighted, as PEFT does; paper and authors do not. For init_lora_weights lora-ga.",
        advanced: true,
      },
      calibrationExamples,
    ],
  },
  peft: { value: () => 'lora_ga' },
  residual: true,
  calibration: { of: 'gradients' },
  check: (module) => requireComponents('LoRA-GA', module, 2 * module.rank, smallerSide(module)),
  async start(module, source) {
    const { rank } = module;
    const { gradient } = source.calibration;
    if (gradient === undefined) throw new Error('the gradient was not measured');
    const settings = settingsSchema.parse(source.parameters);
    const components = leadingSvd(gradient, 2 * rank, source.random);
    const places = chosen(settings.lora_ga_direction, rank, source.random);
    const [first = 0] = places.b.map((place) => components.s[place] ?? 0);
    const scale = await scales(settings, module, source, first);
    const weighs = settings.lora_ga_formula === 'peft';
    return {
      a: toFloat32(rowsOf(components.vt, places.a, scale.a)),
      b: toFloat32(columnsOf(components.u, places.b, (place) => scale.b * (weighs ? (components.s[place] ?? 0) : 1))),
    };
  },
};

/** The components of A and of B among the first 2r. */
function chosen(
  direction: Settings['lora_ga_direction'],
  rank: number,
  random: RandomStream,
): Readonly<Record<'a' | 'b', number[]>> {
  const places = (first: number, step: number) => Array.from({ length: rank }, (_, index) => first + step * index);
  switch (direction) {
    case 'ArBr':
      return { a: places(1, 2), b: places(0, 2) };
    case 'A2rBr':
      return { a: places(rank, 1), b: places(0, 1) };
    case 'ArB2r':
      return { a: places(0, 1), b: places(rank, 1) };
    case 'random': {
      const all = Array.from({ length: 2 * rank }, (_, place) => place);
      for (let index = 0; index < rank; index++) {
        const other = index + random.integer(all.length - index);
        [all[index], all[other]] = [all[other] ?? 0, all[index] ?? 0];
      }
      return { a: all.slice(0, rank), b: all.slice(0, rank) };
    }
  }
}

/** Computes the factors of A and B. `first`: the first singular value among B's. */
async function scales(
  { lora_ga_scale: scale, lora_ga_formula: formula }: Settings,
  { outFeatures, scaling }: StartingModule,
  { parameters, random, weight }: StartSource,
  first: number,
): Promise<Readonly<Record<'a' | 'b', number>>> {
  switch (scale) {
    case 'stable': {
      const stable = outFeatures ** 0.25 / Math.sqrt(numberOf(parameters, 'lora_ga_stable_gamma'));
      return { a: formula === 'paper' ? stable : 1, b: stable };
    }
    case 'weight_svd': {
      if (formula === 'paper')
        throw new StudioError(
          'invalid_input',
          `lora_ga_scale: weight_svd is a scale of PEFT's formula, and lora_ga_formula is "paper".`,
          'Set lora_ga_formula to peft, or lora_ga_scale to stable.',
        ).at('adapter.lora_ga_scale');
      const [greatest = 0] = leadingSvd(await weight(), 1, random).s;
      return { a: 1, b: first > 0 ? greatest / first : 1 };
    }
    case 'gd_scale':
      return { a: 1 / scaling, b: 1 / scaling };
    case 'unit':
      return { a: 1, b: 1 };
  }
}

function rowsOf({ shape: [, columns], data }: Svd['vt'], places: readonly number[], scale: number): Matrix {
  const rows = new Float64Array(places.length * columns);
  places.forEach((place, row) => {
    for (let column = 0; column < columns; column++)
      rows[row * columns + column] = scale * (data[place * columns + column] ?? 0);
  });
  return { shape: [places.length, columns], data: rows };
}

function columnsOf(
  { shape: [rows, size], data }: Svd['u'],
  places: readonly number[],
  scale: (place: number) => number,
) {
  const columns = new Float64Array(rows * places.length);
  for (let row = 0; row < rows; row++)
    places.forEach((place, column) => {
      columns[row * places.length + column] = scale(place) * (data[row * size + place] ?? 0);
    });
  const made: Matrix = { shape: [rows, places.length], data: columns };
  return made;
}
