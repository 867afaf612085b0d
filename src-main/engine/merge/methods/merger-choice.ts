import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';
import type {
  ParameterSpec,
  ParameterValue,
  ParameterValues,
} from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkWeights } from '../checks/check-weights.ts';
import { anyAdapters, type MergeNeeds, type MergeWeight } from '../merge-method.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { checkLists } from '../spaces/mergekit-parameters.ts';
import { matrixMerger, matrixMergers } from './core-space-mergers.ts';

/** The choice of a switch that keeps the merger's own default. */
const own = 'default';

/** Needs of a method that runs a chosen merger: those of the merger. */
export const chosenNeeds: MergeNeeds = {
  ...anyAdapters,
  normalized: (parameters) => {
    const merger = chosenMerger(parameters);
    return merger.needs.normalized(mergerValues(merger, parameters));
  },
  changesSingle: true,
  check,
};

/** The merger that the parameter `merger` names. */
export function chosenMerger({ merger }: ParameterValues) {
  const found = matrixMerger(String(merger));
  return { ...found, needs: { ...anyAdapters, ...found.needs } };
}

/** Checks the chosen merger's requirements: counts and signs of weights, lengths of lists, and its own check. */
function check(parameters: ParameterValues, weights: readonly MergeWeight[]): PreflightLine | null {
  const merger = chosenMerger(parameters);
  const { label } = merger.declaration;
  const values = mergerValues(merger, parameters);
  const names = weights.map((_, index) => `adapter ${index + 1}`);
  const own = checkWeights(label, weights, merger.needs, merger.needs.normalized(values), names, null);
  if (own.verdict === 'refused') return own;
  return checkLists(merger.declaration, parameters, weights.length) ?? merger.needs.check?.(values, weights) ?? null;
}

/**
 * The parameter `merger` and the parameters of all mergers, each name once. A parameter whose default differs between mergers
 * keeps the chosen merger's default unless it is set.
 */
export function mergerParameters(usual: MatrixMerger['declaration']): ParameterSpec[] {
  const all = matrixMergers.flatMap(({ declaration }) => declaration.parameters);
  const names = [...new Set(all.map(({ name }) => name))];
  return [
    {
      name: 'merger',
      label: 'Merger',
      type: 'choice',
      default: usual.id,
      choices: matrixMergers.map(({ declaration: { id, label } }) => ({ value: id, label })),
      help: 'The merge of task vectors that runs in this space. It reads only its own of the parameters below.',
    },
    ...names.map((name) => shared(all.filter((spec) => spec.name === name))),
  ];
}

function shared(specs: readonly ParameterSpec[]): ParameterSpec {
  // A list says the same as a number, and more.
  const spec = specs.find(({ type }) => type === 'number-list') ?? specs[0];
  if (!spec) throw new Error('no parameter of this name');
  const defaults = new Set(specs.map((one) => JSON.stringify([one.default].flat())));
  if (defaults.size === 1) return spec;
  if (spec.type !== 'boolean') return { ...spec, default: null, nullable: true, empty: "the merger's own" };
  const choices = [
    { value: own, label: "The merger's own" },
    { value: 'true', label: 'On' },
    { value: 'false', label: 'Off' },
  ];
  return { ...spec, type: 'choice', default: own, choices };
}

/** The values of `mergerParameters` as a merger declares its own. */
export function mergerValues(
  { declaration }: Pick<MatrixMerger, 'declaration'>,
  parameters: ParameterValues,
): ParameterValues {
  const values = declaration.parameters.map((spec) => [spec.name, valueFrom(spec, parameters[spec.name])]);
  return Object.fromEntries(values);
}

function valueFrom(spec: ParameterSpec, given: ParameterValue | undefined): ParameterValue {
  if (given === undefined || given === null || given === own) return spec.default;
  if (spec.type === 'boolean') return given === true || given === 'true';
  if (spec.type === 'number' && Array.isArray(given)) return Number(given[0]);
  return given;
}
