import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { AdapterMemory } from '../memory.ts';

/** A linear layer by its module name. Its adapter, tensors, checks and memory follow from it. */
export interface LinearLayout {
  readonly name: string;
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  /** Position of an expert in the parameter that holds the weights of all experts; absent outside of mixtures. */
  readonly expert?: NonNullable<LinearModule['expert']>;
  /** Share of the rows that the linear computes on average; absent: all. */
  readonly share?: number;
}

export interface NormLayout {
  readonly name: string;
  readonly kind: 'rms' | 'layer';
  /** Values that are normalized together. Rows that are a multiple as wide are normalized part by part, e.g. by head. */
  readonly size: number;
  readonly epsilon: number;
  /** Number added to the stored scale: Gemma stores the scale less 1. */
  readonly offset: 0 | 1;
  readonly hasScale: boolean;
  readonly hasShift: boolean;
}

/** A tensor besides those of linears and norms. */
export interface TensorLayout {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Everything in a checkpoint that a part of a layer reads. */
export interface PartContents {
  readonly linears: readonly LinearLayout[];
  readonly norms: readonly NormLayout[];
  readonly tensors: readonly TensorLayout[];
}

export interface PartSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly hidden: number;
}

/** Sizes in values of what a part keeps until its backward pass, without its adapters' own tensors. */
export interface PartMemory {
  /** Size of the part's input if a linear keeps it; else empty. The layer decides whether it is a tensor of its own. */
  readonly input: readonly number[];
  readonly kept: readonly number[];
  /** Tensors at the largest peak of its backward pass. */
  readonly working: readonly number[];
}

/** Size of the input of linears that read one state: it is kept if any of them is adapted. */
export function keptInput(rows: number, linears: readonly LinearLayout[], adapters: AdapterMemory): number[] {
  return linears.some(({ name }) => adapters.has(name)) ? [rows * (linears[0]?.inFeatures ?? 0)] : [];
}
