import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';
import type {
  ParameterSpec,
  ParameterValue,
  ParameterValues,
} from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkWeights } from '../checks/check-weights.ts';
import { anyAdapters, type MergeWeight, type ModuleMergeMethod } from '../merge-method.ts';
import { mergeCores } from '../spaces/in-core-space.ts';
import type { MatrixMerger } from '../spaces/matrix-merger.ts';
import { checkLists } from '../spaces/mergekit-parameters.ts';
import { matrixMerger, matrixMergers } from './core-space-mergers.ts';

/** The choice of a switch that keeps the merger's own default. */
const own = 'default';

/**
 * Core Space with any merger of task vectors on top: it runs on the core matrices Uᵀ·ΔWᵢ·V, in Σ rᵢ dimensions. Panariello
 * et al. 2025, section 3.
 */
export const coreSpace: ModuleMergeMethod = {
  declaration: {
    id: 'core-space',
    label: 'Core Space',
    summary:
      'Runs a merger on small matrices, in axes that all adapters share, instead of on ΔW. Nothing of the adapters is lost.',
    paper: {
      title: 'Accurate and Efficient Low-Rank Model Merging in Core Space',
      url: 'https://arxiv.org/abs/2509.17786',
    },
    parameters: mergerParameters('ties-svd'),
  },
  makes: 'adapter',
  needs: {
    ...anyAdapters,
    normalized: (parameters) => chosen(parameters).needs.normalized(mergerValues(chosen(parameters), parameters)),
    changesSingle: true,
    check,
  },
  mergeModule(updates, weights, parameters, context) {
    const merger = chosen(parameters);
    return mergeCores(merger, updates, weights, mergerValues(merger, parameters), context);
  },
};

function chosen({ merger }: ParameterValues) {
  const found = matrixMerger(String(merger));
  return { ...found, needs: { ...anyAdapters, ...found.needs } };
}

/** Checks the chosen merger's requirements: counts and signs of weights, lengths of lists, and its own check. */
function check(parameters: ParameterValues, weights: readonly MergeWeight[]): PreflightLine | null {
  const merger = chosen(parameters);
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
function mergerParameters(defaultId: string): ParameterSpec[] {
  const all = matrixMergers.flatMap(({ declaration }) => declaration.parameters);
  const names = [...new Set(all.map(({ name }) => name))];
  return [
    {
      name: 'merger',
      label: 'Merger',
      type: 'choice',
      default: defaultId,
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
function mergerValues({ declaration }: MatrixMerger, parameters: ParameterValues): ParameterValues {
  const values = declaration.parameters.map((spec) => [spec.name, valueFrom(spec, parameters[spec.name])]);
  return Object.fromEntries(values);
}

function valueFrom(spec: ParameterSpec, given: ParameterValue | undefined): ParameterValue {
  if (given === undefined || given === null || given === own) return spec.default;
  if (spec.type === 'boolean') return given === true || given === 'true';
  if (spec.type === 'number' && Array.isArray(given)) return Number(given[0]);
  return given;
}
