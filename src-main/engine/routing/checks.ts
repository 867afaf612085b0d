import { StudioError } from '../../../src-shared/contract/errors.ts';
import { labelHead, type ModelDescription, withTaskHead } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { findLinear } from '../adapters/targets/target-modules.ts';
import { headDifference } from '../merge/checks/head-difference.ts';
import type { RoutedInput, Router } from './router.ts';

/**
 * Checks that a router can choose among these adapters. Only shapes are read, no tensors.
 * @throws StudioError refused with the first problem, naming the adapter and the fix
 */
export function checkRouting(
  { declaration, needs }: Router,
  parameters: ParameterValues,
  adapters: readonly RoutedInput[],
  description: ModelDescription,
): void {
  const { label } = declaration;
  requireSeveral(adapters);
  for (const adapter of adapters) checkParts(adapter, description);
  if (needs.reads === 'predictions' || needs.reads === 'prompt') checkHeads(label, adapters);
  if (needs.factors) checkFactors(label, adapters);
  if (needs.equalRanks?.(parameters)) checkRanks(label, adapters);
}

/** @throws StudioError invalid_input for fewer than two adapters */
export function requireSeveral(adapters: readonly { readonly name: string }[]): void {
  const [first] = adapters;
  if (adapters.length > 1) return;
  throw new StudioError(
    'invalid_input',
    first === undefined
      ? 'No adapters to choose among.'
      : `A router chooses among two or more adapters, and "${first.name}" is alone.`,
    'Name two or more adapters of one base.',
  ).at('adapters');
}

/** Parts of an adapter that cannot be weighed by input: only updates of linear layers can. */
function checkParts({ name, modules, saved, biases, config }: RoutedInput, description: ModelDescription): void {
  if (biases.size > 0) throw cannotRoute(name, "replaces the base's biases");
  const described = withTaskHead(description, config.task_type);
  for (const module of modules.keys()) {
    const linear = findLinear(described, module);
    const isOfLanguageHead = linear?.isHead === true && labelHead(described) === undefined;
    if (linear === null || isOfLanguageHead || (!linear.isHead && linear.layer === null))
      throw cannotRoute(name, `adapts ${module}, which is outside the layers`);
    if (linear.expert) throw cannotRoute(name, `adapts ${module}, an expert that reads some tokens only`);
  }
  if (config.trainable_token_indices != null) throw cannotRoute(name, 'trains tokens (trainable_token_indices)');
  for (const tensor of saved.keys()) {
    const linear = findLinear(described, tensor.replace(/\.(weight|bias)$/, ''));
    if (linear !== null && !linear.isHead) throw cannotRoute(name, `saves ${linear.name} whole`);
  }
}

function cannotRoute(name: string, reason: string): StudioError {
  return new StudioError(
    'refused',
    `"${name}" ${reason}, which no router can weigh by input.`,
    'Choose adapters of linear layers only, or merge these.',
  ).at('adapters');
}

function checkHeads(label: string, adapters: readonly RoutedInput[]): void {
  const found = headDifference(adapters);
  if (found === null) return;
  throw new StudioError(
    'refused',
    `${label} compares the predictions of the adapters. ${found.words(adapters.map(({ name }) => `"${name}"`))}`,
    'Choose adapters of one task, or a router that reads the inputs.',
  ).at('adapters');
}

function checkFactors(label: string, adapters: readonly RoutedInput[]): void {
  const other = adapters.find(({ variant }) => variant.product.lowRank === null);
  if (other === undefined) return;
  throw new StudioError(
    'refused',
    `${label} needs updates B·A, and "${other.name}" is ${other.variant.declaration.label}.`,
    'Choose LoRA adapters, or another router.',
  ).at('adapters');
}

/** Factors have a mean where they are LoRA's, of one rank in each module. */
function checkRanks(label: string, adapters: readonly RoutedInput[]): void {
  const ranks = new Map<string, { readonly rank: number | null; readonly name: string }>();
  for (const { name, variant, modules } of adapters) {
    if (variant.loraFactors === undefined) throw withoutFactors(label, name, variant.declaration.label);
    for (const [module, { rank }] of modules) {
      const known = ranks.get(module) ?? { rank, name };
      ranks.set(module, known);
      if (known.rank !== rank)
        throw new StudioError(
          'refused',
          `${label} averages factors, and ${module} has rank ${known.rank} in "${known.name}" and ${rank} in "${name}".`,
          'Choose adapters of equal ranks, or set composition to mixture.',
        ).at('adapters');
    }
    const missing = [...ranks.keys()].find((module) => !modules.has(module));
    if (missing !== undefined || modules.size < ranks.size)
      throw new StudioError(
        'refused',
        `${label} averages factors, and "${name}" leaves ${missing} alone, which another adapter targets.`,
        'Choose adapters with equal target modules, or set composition to mixture.',
      ).at('adapters');
  }
}

function withoutFactors(label: string, name: string, variant: string): StudioError {
  return new StudioError(
    'refused',
    `${label} averages LoRA's factors, and "${name}" is ${variant}.`,
    'Choose LoRA adapters, or set composition to mixture.',
  ).at('adapters');
}
