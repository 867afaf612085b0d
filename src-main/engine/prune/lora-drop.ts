import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { calibrationParameters, unitParameter } from './parameters.ts';
import { projectedInputs } from './projected-inputs.ts';
import { keepModules, type PruneMethod, productOf, requirePlainFactors } from './prune-method.ts';
import { modulesOf, type PruneUnit, unitsOf } from './units.ts';

const declaration: PruneDeclaration = {
  id: 'lora-drop',
  label: 'LoRA-drop',
  summary: 'Keeps the layers or modules whose adapters have the largest outputs, up to a share of the sum.',
  paper: {
    title: 'LoRA-drop: Efficient LoRA Parameter Pruning based on Output Evaluation',
    url: 'https://arxiv.org/abs/2402.07721',
  },
  parameters: [
    {
      name: 'threshold',
      label: 'Threshold',
      type: 'number',
      default: 0.9,
      above: 0,
      maximum: 1,
      step: 0.05,
      help: 'The fewest units are kept whose importances reach this share of their sum.',
    },
    unitParameter,
    ...calibrationParameters,
  ],
  data: true,
  patterns: [],
  grid: {
    parameter: 'threshold',
    values: [],
    label: '{value} of the output kept',
    percent: true,
    axis: "share of the adapters' outputs that is kept",
    unchanged: 1,
  },
};

/**
 * Importance of a unit: the mean of ‖s·B·A·x‖² over the inputs x of its modules, summed over them. The paper lets the other
 * layers share one LoRA and trains on; here they lose theirs.
 */
export const loraDrop: PruneMethod = {
  declaration,
  check: (adapter) => requirePlainFactors(adapter, declaration.label),
  async prune(state, description, given, { data, progress }) {
    const { threshold, unit } = checkedParameters(declaration, given);
    requirePlainFactors(state, declaration.label);
    const calibration = await data();
    const all = unitsOf(state, description, unit);
    const importance = new Map<PruneUnit, number>();
    for (const [place, one] of all.entries()) {
      await progress('Measuring outputs', place, all.length);
      let sum = 0;
      for (const name of one.modules) {
        const module = state.modules.get(name);
        if (module)
          sum += outputSize(productOf(module), projectedInputs(await calibration.inputs(name), productOf(module).a));
      }
      importance.set(one, sum);
    }
    const ordered = [...importance].sort(([, one], [, other]) => other - one);
    const total = ordered.reduce((sum, [, value]) => sum + value, 0);
    const kept: PruneUnit[] = [];
    let reached = 0;
    for (const [one, value] of ordered) {
      if (kept.length > 0 && reached >= Number(threshold) * total * (1 - 1e-12)) break;
      kept.push(one);
      reached += value;
    }
    const shares = ordered.map(([{ name }, value]) => `${name} ${((100 * value) / total).toFixed(1)} %`);
    return { ...keepModules(state, modulesOf(state, all, kept)), note: `Importances: ${shares.join(', ')}.` };
  },
};

/** Mean of ‖s·B·z‖² over the rows z of A·x [rows, rank]. */
function outputSize({ b, rank, scaling }: ReturnType<typeof productOf>, z: Float64Array): number {
  const outputs = b.shape[0] ?? 0;
  const gram = new Float64Array(rank * rank);
  for (let out = 0; out < outputs; out++)
    for (let i = 0; i < rank; i++)
      for (let j = 0; j < rank; j++)
        gram[i * rank + j] = (gram[i * rank + j] ?? 0) + (b.data[out * rank + i] ?? 0) * (b.data[out * rank + j] ?? 0);
  let sum = 0;
  for (let start = 0; start < z.length; start += rank)
    for (let i = 0; i < rank; i++)
      for (let j = 0; j < rank; j++) sum += (z[start + i] ?? 0) * (gram[i * rank + j] ?? 0) * (z[start + j] ?? 0);
  return (scaling * scaling * sum) / Math.max(1, z.length / rank);
}
