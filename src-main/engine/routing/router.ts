import type * as tf from '@tensorflow/tfjs-core';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { ExampleOutcomes } from '../../../src-shared/results/outcomes.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { MergeInput } from '../merge/merge-method.ts';
import type { RowReading } from './row-reading.ts';

/** Requirements of a router, checked before anything runs. */
export interface RouterNeeds {
  /** True if the router is fitted to training rows of every adapter's dataset. */
  readonly rows?: boolean;
  /** Part of an input that the router reads: nothing, all of it, or the predictions that the adapters make of it. */
  readonly reads?: 'input' | 'predictions' | 'prompt';
  /** True if ΔW of every adapter must be B·A. */
  readonly factors?: boolean;
  /** True if the adapters must have equal ranks with these parameters. */
  equalRanks?(parameters: ParameterValues): boolean;
}

/** Chooses among several adapters of one base: one file and one line of the list. */
export interface Router {
  readonly declaration: Declaration;
  readonly needs: RouterNeeds;
  /** Prepares the router for these adapters. @throws StudioError cancelled */
  open(material: RouterMaterial): Gate | Promise<Gate>;
}

/** Mean states of training rows in the base, row-major [rows, width]. */
export interface RowStates {
  readonly values: Float32Array;
  readonly width: number;
}

/** The adapters of a router, and what a router is fitted to. */
export interface RouterMaterial {
  readonly parameters: ParameterValues;
  /** Without task heads. */
  readonly adapters: readonly AdapterState[];
  readonly description: ModelDescription;
  /** States of training rows of each adapter's dataset, in the order of the adapters. */
  states(): Promise<readonly RowStates[]>;
  /** Mean score of each adapter on the training rows of all of them; higher is better. */
  scores(): Promise<readonly number[]>;
}

export type Gate = RowGate | TokenGate | HindsightGate;

/** Weights by row of the inputs: an image, or a text. */
interface RowGate {
  readonly kind: 'rows';
  /**
   * `outputs`: Σ wᵢ·ΔWᵢ·x. `parameters`: the product of the mean factors, (Σ wᵢ·Bᵢ)·(Σ wᵢ·Aᵢ)·x.
   */
  readonly combines: 'outputs' | 'parameters';
  /** Weights [rows, adapters], of sum 1 in each row. To be called within `tf.tidy`. */
  weights(reading: RowReading): tf.Tensor2D;
}

/** Weights by token and module. */
interface TokenGate {
  readonly kind: 'tokens';
  /** Weights [tokens, adapters] for the inputs x [tokens, inFeatures] of a module. To be called within `tf.tidy`. */
  weights(module: string, x: tf.Tensor2D): tf.Tensor2D;
  dispose(): void;
}

/** A choice that needs the right answers: a bound, not a router that can be used. */
interface HindsightGate {
  readonly kind: 'hindsight';
  /** Index of the adapter for each example. */
  choose(alone: readonly ExampleOutcomes[]): Int32Array;
}

/** Input of the checks: an adapter or its outline, with its name. */
export interface RoutedInput
  extends Pick<MergeInput, 'variant' | 'config' | 'labels' | 'modules' | 'saved' | 'biases'> {
  readonly name: string;
}
