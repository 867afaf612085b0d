import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { hasBias } from '../../adapters/peft/has-bias.ts';
import {
  allModules,
  type MergeInput,
  type MergeMethod,
  type MergeNeeds,
  type MergeWeight,
  sum,
  weightAt,
} from '../merge-method.ts';
import { checkWeights } from './check-weights.ts';
import { headDifference } from './head-difference.ts';
import { ok, refused, short, warning } from './preflight-line.ts';

const weightAverageRemedy = 'Use the ΔW average, which supports different ranks and targets.';

/**
 * Checks of a merge, each a line with a verdict and a sentence: weights, variant, ranks, targets, scaling, heads and
 * CoTo. The method's requirements decide between a warning and a refusal. Only shapes are read, no tensors.
 * @param options.names the adapters' names in messages
 * @param options.layerCount layers of the base, which a list of weights must have; unknown: not checked
 */
export function preflightLines(
  method: Pick<MergeMethod, 'declaration' | 'needs' | 'makes'>,
  states: readonly MergeInput[],
  weights: readonly MergeWeight[],
  parameters: ParameterValues,
  options: { readonly names?: readonly string[]; readonly layerCount?: number } = {},
): PreflightLine[] {
  const names = options.names ?? states.map((_, index) => `adapter ${index + 1}`);
  const { needs, declaration } = method;
  // The merge is stored as B·A alone, without magnitudes and several sets of biases.
  const factorsAlone = method.makes === 'adapter';
  return [
    checkWeights(declaration.label, weights, needs, needs.normalized(parameters), names, options.layerCount ?? null),
    ...checkLayers(declaration.label, weights, factorsAlone),
    checkVariant(states, names, factorsAlone, needs),
    checkBiases(states, names, factorsAlone && needs.oneVariant !== true),
    checkBaseName(states, names),
    checkRanks(declaration.label, states, names, needs.equalRanks),
    checkTargets(declaration.label, states, names, needs.equalTargets),
    checkScaling(states, names),
    checkHeads(states, weights, names),
    checkCoto(states, names),
    ...[needs.check?.(parameters, weights) ?? []].flat(),
  ];
}

/** Outputs are averaged after the last layer. */
function checkLayers(label: string, weights: readonly MergeWeight[], factorsAlone: boolean): PreflightLine[] {
  if (factorsAlone || weights.every((weight) => typeof weight === 'number')) return [];
  const message = `${label} averages predictions, which have no weights by layer.`;
  return [refused('layers', message, 'Give each adapter one weight.')];
}

/** Checks the base models by their fingerprints, which only the caller knows. */
export function checkFingerprints(fingerprints: readonly string[], names: readonly string[]): PreflightLine {
  const other = fingerprints.findIndex((fingerprint) => fingerprint !== fingerprints[0]);
  if (other < 0) return ok('base', 'All adapters have the same base model (same fingerprint).');
  return refused(
    'base',
    `${names[0]} and ${names[other]} have different base models.`,
    'Merge adapters of the same base model.',
    other,
  );
}

const outputsRemedy =
  'Use the output ensemble, which runs each adapter as it is; or export it as plain LoRA (--to lora, which says the error that it costs), import that, and merge it.';

/** Checks that every adapter's change of the weights is B·A. */
export function checkVariant(
  states: readonly MergeInput[],
  names: readonly string[],
  factorsAlone: boolean,
  needs: Pick<MergeNeeds, 'oneVariant' | 'linearInUpdates'> = {},
): PreflightLine {
  const variants = states.map(({ variant }) => variant);
  const kinds = variants.map(({ declaration }) => declaration.label);
  const other = kinds.findIndex((kind) => kind !== kinds[0]);
  if (needs.oneVariant && other >= 0)
    return refused(
      'variant',
      `${names[0]} is ${kinds[0]}, ${names[other]} is ${kinds[other]}: tensors of different variants have no average.`,
      'Use the ΔW average or the output ensemble.',
      other,
    );
  if (needs.oneVariant) return ok('variant', `All adapters are ${kinds[0] ?? 'LoRA'}, and so is the merge.`);
  if (needs.linearInUpdates && other < 0 && variants[0]?.product.isLinearInFactors)
    return ok('variant', `All adapters are ${kinds[0]}, whose ΔW is averaged by the products B·A.`);
  const foreign = variants.findIndex(({ product }) => product.lowRank === null);
  if (foreign >= 0 && factorsAlone)
    return refused(
      'variant',
      `${names[foreign]} is a ${kinds[foreign]} adapter, whose change of the weights is not B·A alone: ${variants[foreign]?.product.reason}.`,
      outputsRemedy,
      foreign,
    );
  if (new Set(kinds).size > 1)
    return ok('variant', `${[...new Set(kinds)].join(' and ')} together: each keeps its own scaling.`);
  return ok('variant', `All adapters are ${kinds[0] ?? 'LoRA'}.`);
}

function checkBiases(states: readonly MergeInput[], names: readonly string[], factorsAlone: boolean): PreflightLine {
  const having = states.findIndex(hasBias);
  if (having < 0) return ok('biases', 'No adapter has biases.');
  if (!factorsAlone) return ok('biases', `${names[having]} has biases, which apply to that adapter alone.`);
  return refused(
    'biases',
    `${names[having]} has trained biases (${states[having]?.parameters['lora_bias'] === true ? 'lora_bias' : `bias "${states[having]?.config.bias}"`}), which cannot be merged: a base has only one set.`,
    'Use the output ensemble, which runs each adapter as it is; or train the adapters with bias "none".',
    having,
  );
}

function checkBaseName(states: readonly MergeInput[], names: readonly string[]): PreflightLine {
  const bases = states.map((state) => state.config.base_model_name_or_path);
  const other = bases.findIndex((base) => base !== bases[0]);
  if (other < 0)
    return ok('base name', bases[0] ? `All adapters name the base ${bases[0]}.` : 'The adapters name no base.');
  return warning(
    'base name',
    `${names[0]} names the base ${bases[0] ?? 'nothing'}, ${names[other]} names ${bases[other] ?? 'nothing'}.`,
    'Fine if both names mean the same weights.',
    other,
  );
}

/** Sizes that both adapters have of their own: what a variant shares among its modules is no module's. */
function isOther(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function checkRanks(
  label: string,
  states: readonly MergeInput[],
  names: readonly string[],
  equalNeeded: boolean,
): PreflightLine {
  for (const module of allModules(states)) {
    const having = states.flatMap((state, index) => {
      const factors = state.modules.get(module);
      if (factors === undefined) return [];
      const { tensors } = factors;
      const rank = state.variant.product.size?.(factors) ?? factors.rank;
      return [{ index, rank, a: tensors.get('a')?.shape[1], b: tensors.get('b')?.shape[0] }];
    });
    const first = having[0];
    const shaped = having.find((entry) => isOther(entry.a, first?.a) || isOther(entry.b, first?.b));
    if (first && shaped)
      return refused(
        'ranks',
        `${module} has different sizes in ${names[shaped.index]} and ${names[first.index]}.`,
        'Merge adapters of the same base model.',
        shaped.index,
      );
    const other = having.find((entry) => entry.rank !== first?.rank);
    if (!first || !other) continue;
    const difference = `${names[first.index]} has rank ${first.rank} on ${module}, ${names[other.index]} has ${other.rank}`;
    if (equalNeeded)
      return refused('ranks', `${difference}; ${label} needs equal ranks.`, weightAverageRemedy, other.index);
    return ok('ranks', `${difference}: fine, each adapter keeps its own.`);
  }
  return ok('ranks', 'All ranks are equal.');
}

function checkTargets(
  label: string,
  states: readonly MergeInput[],
  names: readonly string[],
  equalNeeded: boolean,
): PreflightLine {
  for (const module of allModules(states)) {
    const lacking = states.findIndex((state) => !state.modules.has(module));
    if (lacking < 0) continue;
    const difference = `${names[lacking]} has no adapter on ${module}`;
    if (equalNeeded)
      return refused('targets', `${difference}; ${label} needs equal targets.`, weightAverageRemedy, lacking);
    return warning('targets', `${difference}, others do: there it counts as no change.`, null, lacking);
  }
  return ok('targets', 'All adapters change the same modules.');
}

function checkScaling(states: readonly MergeInput[], names: readonly string[]): PreflightLine {
  for (const module of allModules(states)) {
    const scalings = states.map((state) => state.modules.get(module)?.scaling);
    const first = scalings.findIndex((scaling) => scaling !== undefined);
    const other = scalings.findIndex((scaling) => scaling !== undefined && scaling !== scalings[first]);
    if (other >= 0)
      return ok(
        'scaling',
        `Scalings differ (${short(scalings[first] ?? 0)} in ${names[first]}, ${short(scalings[other] ?? 0)} in ${names[other]}): each adapter counts with its own.`,
      );
  }
  return ok('scaling', 'All adapters have the same scaling.');
}

function checkHeads(
  states: readonly MergeInput[],
  weights: readonly MergeWeight[],
  names: readonly string[],
): PreflightLine {
  const having = states.map((_, index) => index).filter((index) => (states[index]?.saved.size ?? 0) > 0);
  const first = having[0];
  if (first === undefined) return ok('heads', "No adapter has a task head: the base's own is used.");
  const differing = headDifference(states);
  if (differing?.of === 'modules')
    return refused('heads', differing.words(names), 'Use adapters with the same modules_to_save.');
  if (differing)
    return warning(
      'heads',
      `${differing.words(names)} So they are of different tasks: the merge gets no head, and is scored on each task with the head of that task's adapter.`,
      null,
    );
  const used = having.flatMap((index) => weightAt(weights[index] ?? 0, null) || []);
  if (used.length > 0 && Math.abs(sum(used)) < 1e-9)
    return refused(
      'heads',
      'The weights of the task heads add up to zero, so they have no average.',
      'Change a weight.',
    );
  const lacking = states.findIndex((_, index) => !having.includes(index));
  if (lacking >= 0)
    return warning('heads', `${names[lacking]} has no task head: the merge uses that of the others.`, null, lacking);
  if (having.length > 1 && having.some((index) => states[index]?.labels === null))
    return warning(
      'heads',
      'A task head does not name its labels, so they are assumed to agree.',
      'Check that the adapters were trained on the same labels in the same order.',
    );
  return ok('heads', having.length > 1 ? 'The task heads have the same labels and are averaged.' : 'One task head.');
}

function checkCoto(states: readonly MergeInput[], names: readonly string[]): PreflightLine {
  const without = states.findIndex((state) => state.coto === null);
  const withCoto = states.findIndex((state) => state.coto !== null);
  if (withCoto < 0) return ok('CoTo', 'All adapters were trained without CoTo.');
  if (without < 0) return ok('CoTo', 'All adapters were trained with CoTo.');
  return warning(
    'CoTo',
    `${names[withCoto]} was trained with CoTo, ${names[without]} without: the merge mixes both.`,
    'To compare, merge those with and without CoTo separately.',
  );
}
