import * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../src-shared/domain/models/model.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { LinearProduct } from '../compute/decoder-step.ts';
import type { BaseModel, HiddenStates, ModelInputs } from '../models/base-model.ts';
import type { KeyValueCache } from '../models/key-value-cache.ts';
import { frozenLinear } from '../ops/index.ts';
import type { LinearOptions } from '../ops/linear/linear-options.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { readableTokens } from './readable-tokens.ts';
import type { Gate } from './router.ts';
import { type AnsweredTexts, RowReading, rowsOf } from './row-reading.ts';
import { StackedFactors } from './stacked-factors.ts';

/** A gate that can be used without the right answers. */
export type ModelGate = Exclude<Gate, { readonly kind: 'hindsight' }>;

/**
 * Several adapters on one base, of which a gate gives each input, or each token, its own mix: y = W·x + Σ wᵢ(x)·ΔWᵢ·x. The
 * base runs once for all of them. The task head is the model's own adapter.
 */
export class RoutedModel extends AdaptedModel {
  readonly shares: ShareMeter;
  readonly announce = (inputs: Readonly<Record<string, HostTensor>>, labels: Int32Array): void => {
    const readable = readableTokens(inputs, labels);
    const ids = inputs['input_ids']?.data;
    this.announced = readable && ids instanceof Int32Array ? { ids, readable } : null;
  };
  private readonly members: readonly AdaptedModel[];
  private readonly gate: ModelGate;
  private readonly plain: AdaptedModel;
  private readonly stacks = new Map<string, StackedFactors | null>();
  /** Text batch that is about to be scored. */
  private announced: AnsweredTexts | null = null;
  /** [rows, adapters] of the current batch, for gates by row. */
  private weights: tf.Tensor2D | null = null;
  private rows = 0;

  /**
   * @param members the adapters on the base, which stay the caller's, as does the gate
   * @param head an adapter with a task head alone; null: the base's own head
   */
  constructor(base: BaseModel, members: readonly AdaptedModel[], gate: ModelGate, head: AdapterState | null) {
    super(base);
    this.members = members;
    this.gate = gate;
    this.plain = new AdaptedModel(base);
    this.shares = new ShareMeter(members.length);
    if (head !== null) this.loadState(head);
  }

  override embed(inputs: ModelInputs, cache?: KeyValueCache): HiddenStates {
    // The route of a prompt holds for the tokens that follow it.
    if (cache === undefined || cache.length === 0) this.route(inputs);
    return super.embed(inputs, cache);
  }

  override linear(module: LinearModule, x: tf.Tensor2D, options: LinearOptions = {}): tf.Tensor2D {
    if (!this.routes(module)) return super.linear(module, x, options);
    return tf.tidy(() => {
      const weights = this.weightsOf(module, x);
      const plain = frozenLinear(x, this.base.frozenWeight(module), options);
      return tf.add<tf.Tensor2D>(plain, this.update(module, x, weights));
    });
  }

  override isPlain(module: LinearModule): boolean {
    return !this.routes(module) && super.isPlain(module);
  }

  /** A step of several layers at once would leave the adapters out. */
  override product(module: LinearModule): LinearProduct | null {
    return this.routes(module) ? null : super.product(module);
  }

  override dispose(): void {
    this.weights?.dispose();
    this.weights = null;
    for (const stack of this.stacks.values()) stack?.dispose();
    this.stacks.clear();
    this.shares.dispose();
    this.plain.dispose();
    super.dispose();
  }

  private routes(module: LinearModule): boolean {
    return !module.isHead && this.members.some((member) => !member.isPlain(module));
  }

  private route(inputs: ModelInputs): void {
    const { gate, announced: answered } = this;
    this.announced = null;
    this.rows = rowsOf(inputs);
    this.weights?.dispose();
    this.weights = null;
    if (gate.kind !== 'rows') return;
    const reading = new RowReading(this.plain, this.members, { inputs, answered });
    this.weights = tf.keep(tf.tidy(() => gate.weights(reading)));
    this.shares.add(this.weights);
  }

  /** Weights [rows of x, adapters]. */
  private weightsOf(module: LinearModule, x: tf.Tensor2D): tf.Tensor2D {
    if (this.gate.kind === 'tokens') {
      const weights = this.gate.weights(module.name, x);
      this.shares.add(weights);
      return weights;
    }
    if (this.weights === null) throw new Error('no inputs were routed');
    const [rows, members] = [this.rows, this.members.length];
    const each = x.shape[0] / rows;
    if (!Number.isInteger(each)) throw new Error(`${module.name} reads ${x.shape[0]} rows of ${rows} inputs`);
    if (each === 1) return this.weights;
    return tf.reshape(tf.tile(tf.reshape(this.weights, [rows, 1, members]), [1, each, 1]), [rows * each, members]);
  }

  /** Σ wᵢ·ΔWᵢ·x [rows, outFeatures]. */
  private update(module: LinearModule, x: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
    const stack = this.stackOf(module);
    const isOfParameters = this.gate.kind === 'rows' && this.gate.combines === 'parameters';
    if (stack !== null) return isOfParameters ? stack.fused(x, weights) : stack.mixed(x, weights);
    if (isOfParameters) throw new Error(`${module.name} has no factors to average`);
    const plain = frozenLinear(x, this.base.frozenWeight(module));
    const parts = this.members.flatMap((member, at) => {
      if (member.isPlain(module)) return [];
      const own = tf.slice2d(weights, [0, at], [-1, 1]);
      return [tf.mul<tf.Tensor2D>(tf.sub(member.linear(module, x), plain), own)];
    });
    return tf.addN(parts);
  }

  /** LoRA's factors of all adapters beside each other; null where an adapter is more than LoRA. */
  private stackOf(module: LinearModule): StackedFactors | null {
    const known = this.stacks.get(module.name);
    if (known !== undefined) return known;
    const made = StackedFactors.of(
      this.members.map((member) => (member.isPlain(module) ? null : (member.loraFactors(module) ?? 'more'))),
    );
    this.stacks.set(module.name, made);
    return made;
  }
}

/** Mean weight of each adapter over the inputs of a pass. */
class ShareMeter {
  private readonly members: number;
  private sums: tf.Tensor1D | null = null;
  private count = 0;

  constructor(members: number) {
    this.members = members;
  }

  /** @param weights [rows, adapters] */
  add(weights: tf.Tensor2D): void {
    const before = this.sums;
    this.sums = tf.keep(
      tf.tidy(() => {
        const own = tf.sum<tf.Tensor1D>(weights, 0);
        return before === null ? own : tf.add<tf.Tensor1D>(before, own);
      }),
    );
    before?.dispose();
    this.count += weights.shape[0];
  }

  /** The means so far, in the order of the adapters; the next ones start anew. */
  async take(): Promise<number[]> {
    const { sums, count } = this;
    this.sums = null;
    this.count = 0;
    if (sums === null) return new Array<number>(this.members).fill(Number.NaN);
    try {
      return Array.from(await sums.data(), (sum) => sum / count);
    } finally {
      sums.dispose();
    }
  }

  dispose(): void {
    this.sums?.dispose();
    this.sums = null;
  }
}
