import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { hasBias } from '../../adapters/peft/has-bias.ts';
import { findLinear, requireLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import { withShared } from '../../adapters/variant/variant.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** One module as formats of low-rank adapters write it. */
export interface WrittenModule {
  readonly module: LinearModule;
  /** [rank, inFeatures] */
  readonly a: HostTensor;
  /** [outFeatures, rank] */
  readonly b: HostTensor;
  readonly rank: number;
  readonly scaling: number;
  /** DoRA's magnitude: [outFeatures]. */
  readonly magnitude: HostTensor | null;
}

/**
 * The modules of an adapter for a format that holds B·A and, with `magnitudes`, DoRA's lengths.
 * @param format its name in messages.
 * @throws StudioError refused where the adapter is more than that.
 */
export function lowRankModules(
  state: AdapterState,
  description: ModelDescription,
  format: string,
  magnitudes: boolean,
): WrittenModule[] {
  const refuse = (reason: string): never => {
    throw new StudioError(
      'refused',
      `${format} has adapters that are plain low-rank products${magnitudes ? ' or DoRA' : ''}, and this one ${reason}.`,
      'Export it as plain LoRA first, merged into its base, or as a PEFT folder.',
    );
  };
  const { variant, modules, saved } = state;
  const { lowRank, reason } = variant.product;
  const isDora =
    magnitudes && [...modules.values()].every(({ tensors }) => tensors.has('a') && tensors.has('magnitude'));
  if (lowRank === null && !isDora) return refuse(`is a ${variant.declaration.label}: ${reason}`);
  if (hasBias(state)) return refuse('has biases of its own');
  const expert = [...modules.keys()].find((name) => findLinear(description, name)?.expert !== undefined);
  if (expert !== undefined) return refuse(`has factors of experts (${expert})`);
  const [whole] = saved.keys();
  if (whole !== undefined) return refuse(`contains whole modules (${whole})`);
  return [...modules].map(([name, own]) => {
    const module = requireLinear(description, name);
    if (lowRank !== null) {
      const { a, b, scaling } = lowRank(withShared(module, own, state));
      return { module, a, b, rank: a.shape[0] ?? 0, scaling, magnitude: null };
    }
    const [a, b, magnitude] = ['a', 'b', 'magnitude'].map((part) => own.tensors.get(part));
    if (!a || !b || !magnitude) throw new Error(`DoRA of ${name} lacks a tensor`);
    return { module, a, b, rank: a.shape[0] ?? 0, scaling: own.scaling, magnitude };
  });
}

/** Returns true if a module has llama.cpp's name, in an adapter from a GGUF file with an unknown base. */
export function isGgufName(name: string): boolean {
  return /^(blk\.\d+\.[\w.]+|token_embd|output)$/.test(name);
}

/** Refuses modules that go by llama.cpp's names: their rows may be in llama.cpp's order. */
export function refuseGgufNames(modules: readonly Pick<WrittenModule, 'module'>[], format: string): void {
  const found = modules.find(({ module }) => isGgufName(module.name));
  if (found === undefined) return;
  throw new StudioError(
    'refused',
    `${format} needs the names of transformers, and this adapter came from a GGUF file whose base is not known (${found.module.name}).`,
    'Add the base model, then import the GGUF file again.',
  );
}

export function floats({ data }: HostTensor): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** Values times a factor; the same values where it is 1. */
export function scaledFloats(tensor: HostTensor, factor: number): HostTensor {
  const data = floats(tensor);
  return { shape: tensor.shape, data: factor === 1 ? data : data.map((value) => value * factor) };
}
