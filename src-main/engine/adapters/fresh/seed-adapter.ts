import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import { haveSameTokens } from '../weights/trained-tokens.ts';

/**
 * The fresh adapter with the values of another, from which its training is to start. A head for other labels stays new.
 * @throws StudioError refused where the two are not of one kind, on the same modules with the same ranks and scalings.
 */
export function seededBy(seed: AdapterState, fresh: AdapterState): AdapterState {
  checkSeed(seed, fresh);
  if (!haveSameTokens([seed, fresh]))
    throw refused('it trains other tokens', 'Give the run the trainable_token_indices of the adapter.');
  const { training } = fresh.variant;
  const taken = new Map([...fresh.modules].map(([name, module]) => [name, seed.modules.get(name) ?? module]));
  const modules = training?.seeded?.(taken, fresh.parameters) ?? taken;
  const saved = new Map(
    [...fresh.saved].map(([name, tensor]): [string, HostTensor] => {
      const own = seed.saved.get(name);
      return [name, own === undefined || isRelabelled(seed, fresh, own, tensor) ? tensor : own];
    }),
  );
  return { ...fresh, modules, shared: seed.shared, saved };
}

/** Checks the requirements of `seededBy`; shapes are enough for it. */
export function checkSeed(seed: Shaped, fresh: Shaped): void {
  const { variant } = fresh;
  if (seed.variant.files.type !== variant.files.type)
    throw refused(
      `it is a ${seed.variant.declaration.label}, and the run trains a ${variant.declaration.label}`,
      `Set adapter.variant to ${seed.variant.declaration.id}, or choose another adapter.`,
    );
  if (seed.biases.size > 0)
    throw refused('it replaces biases of the base, which a run does not train', 'Choose another adapter.');
  const missing = [...fresh.modules.keys()].find((name) => !seed.modules.has(name));
  const further = [...seed.modules.keys()].find((name) => !fresh.modules.has(name));
  if (missing !== undefined || further !== undefined)
    throw refused(
      missing === undefined
        ? `it also adapts ${further}, which the run does not`
        : `it does not adapt ${missing}, which the run does`,
      'Give the run the target_modules, exclude_modules and layers_to_transform of the adapter.',
    );
  const held = new Set(variant.training?.trainingOnlyParts);
  for (const [name, module] of fresh.modules) {
    const tensors = new Map([...module.tensors].filter(([part]) => !held.has(part)));
    checkModule(name, seed.modules.get(name) ?? module, { ...module, tensors });
  }
  const [lost] = [...seed.saved.keys()].filter((name) => !fresh.saved.has(name));
  if (lost !== undefined)
    throw refused(`it has a ${lost} of its own, which the run does not train`, 'Add the module to modules_to_save.');
}

interface Shaped extends Pick<AdapterState, 'variant'> {
  readonly modules: ReadonlyMap<string, ModuleState<{ readonly shape: readonly number[] }>>;
  readonly saved: ReadonlyMap<string, unknown>;
  readonly biases: ReadonlyMap<string, unknown>;
}

function checkModule(
  name: string,
  seed: ModuleState<{ readonly shape: readonly number[] }>,
  fresh: ModuleState<{ readonly shape: readonly number[] }>,
): void {
  if (seed.rank !== fresh.rank)
    throw refused(
      `its rank on ${name} is ${seed.rank}, and the run's is ${fresh.rank}`,
      `Set r, or rank_pattern for that module, to ${seed.rank}.`,
    );
  if (Math.abs(seed.scaling - fresh.scaling) > 1e-9 * Math.abs(fresh.scaling))
    throw refused(
      `its scaling on ${name} is ${seed.scaling}, and the run's is ${fresh.scaling}`,
      'Give the run the variant, lora_alpha and alpha_pattern of the adapter.',
    );
  for (const [part, { shape }] of fresh.tensors)
    if (!isSame(seed.tensors.get(part)?.shape ?? [], shape))
      throw refused(`its tensor ${part} on ${name} is not the run's`, 'Choose an adapter of the same variant.');
  const extra = [...seed.tensors.keys()].find((part) => !fresh.tensors.has(part));
  if (extra !== undefined)
    throw refused(`it has a tensor ${extra} on ${name}, which the run does not train`, 'Choose the same variant.');
}

/** Returns true if the rows of a head have other labels. */
function isRelabelled(seed: AdapterState, fresh: AdapterState, own: HostTensor, next: HostTensor): boolean {
  if (!isSame(own.shape, next.shape)) return true;
  return seed.labels !== null && own.shape[0] === seed.labels.length && !isSame(seed.labels, fresh.labels ?? []);
}

function isSame<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function refused(reason: string, remedy: string): StudioError {
  return new StudioError('refused', `init_adapter: the run cannot start from this adapter: ${reason}.`, remedy).at(
    'adapter.init_adapter',
  );
}
