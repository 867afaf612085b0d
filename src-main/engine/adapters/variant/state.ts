import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { CotoSettings } from '../../../../src-shared/domain/runs/coto.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterVariant, ModuleStrength } from './variant.ts';

/** The tensors of one adapted linear or embedding by the names that the variant gives its parts. */
export interface ModuleState<T = HostTensor> extends ModuleStrength {
  readonly tensors: ReadonlyMap<string, T>;
}

/** Description of an adapter without its tensors. */
export interface AdapterDescription {
  readonly variant: AdapterVariant;
  /** The variant's own settings. Ranks and scalings by module are in `modules`. */
  readonly parameters: ParameterValues;
  /** The keys of PEFT's config that every variant has, and those that a folder held beside: they are written back. */
  readonly config: AdapterConfig;
  readonly coto: CotoSettings | null;
  /** Labels of a saved classifier's rows; stored in coto_config.json, since PEFT's config has no field for them. */
  readonly labels: readonly string[] | null;
}

/**
 * An adapter in JavaScript memory, whatever dialect its folder was in: what reading, merging, pruning and writing agree on.
 * Module names are those of today's transformers (`LinearModule.name`). PEFT's config of it is made when it is written.
 */
export interface AdapterState extends AdapterDescription {
  readonly modules: ReadonlyMap<string, ModuleState>;
  /** Tensors that all modules share, by the names of their parts. */
  readonly shared: ReadonlyMap<string, HostTensor>;
  /**
   * Tensors of modules_to_save by their name in the model, e.g. classifier.weight: [outFeatures, inFeatures], an embedding's
   * table [inFeatures, outFeatures]. Also the rows of trained tokens [tokens, width] (trained-tokens.ts), whose ids are in
   * the config.
   */
  readonly saved: ReadonlyMap<string, HostTensor>;
  /** Biases that replace the base's while the adapter is on (`bias`), by their name in the model. */
  readonly biases: ReadonlyMap<string, HostTensor>;
}
