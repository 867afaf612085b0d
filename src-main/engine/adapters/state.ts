import type { AdapterConfig } from '../../../src-shared/domain/adapter.ts';
import type { CotoSettings } from '../../../src-shared/domain/coto.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** The factors of one adapted linear or embedding. ΔW = scaling · B · A, which DoRA's magnitudes then scale by output. */
export interface ModuleFactors {
  /** [rank, inFeatures] */
  readonly a: HostTensor;
  /** [outFeatures, rank] */
  readonly b: HostTensor;
  readonly rank: number;
  /** lora_alpha / rank, or lora_alpha / √rank with use_rslora; after alpha_pattern and rank_pattern. */
  readonly scaling: number;
  /** [outFeatures]: DoRA's. */
  readonly magnitude?: HostTensor | undefined;
  /** [outFeatures]: B's own with `lora_bias`; scaled as B·A is. */
  readonly bias?: HostTensor | undefined;
}

/**
 * An adapter in JavaScript memory, whatever dialect its folder was in: what reading, merging, pruning and writing agree on.
 * Module names are those of today's transformers (`LinearModule.name`).
 */
export interface AdapterState {
  readonly config: AdapterConfig;
  readonly coto: CotoSettings | null;
  readonly modules: ReadonlyMap<string, ModuleFactors>;
  /**
   * Tensors of modules_to_save by their name in the model, e.g. classifier.weight: [outFeatures, inFeatures], an embedding's
   * table [inFeatures, outFeatures].
   */
  readonly saved: ReadonlyMap<string, HostTensor>;
  /** Biases that stand in for the base's while the adapter is on (`bias`), by their name in the model. */
  readonly biases: ReadonlyMap<string, HostTensor>;
  /** What the rows of a saved classifier mean; kept in coto_config.json, since PEFT's config has no place for it. */
  readonly labels: readonly string[] | null;
}
