import * as tf from '@tensorflow/tfjs-core';

interface Factors {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly scaling: number;
}

/** LoRA's factors of several adapters on one module beside each other, so that two products serve all of them. */
export class StackedFactors {
  /** [Σ ranks, inFeatures] */
  private readonly a: tf.Tensor2D;
  /** [outFeatures, Σ ranks] */
  private readonly b: tf.Tensor2D;
  /** [adapters, Σ ranks]: an adapter's scaling in its own columns. */
  private readonly scalings: tf.Tensor2D;
  /** The same with the roots of the scalings, and with their signs. */
  private readonly roots: readonly [tf.Tensor2D, tf.Tensor2D];
  /** [Σ ranks, rank]: sums the adapters' columns of one rank; null where ranks differ. */
  private readonly folding: tf.Tensor2D | null;

  private constructor(all: readonly (Factors | null)[]) {
    const having = all.filter((one) => one !== null);
    const ranks = all.map((one) => one?.a.shape[0] ?? 0);
    const total = ranks.reduce((sum, rank) => sum + rank, 0);
    this.a = tf.keep(
      tf.concat(
        having.map(({ a }) => a as tf.Tensor2D),
        0,
      ),
    );
    this.b = tf.keep(
      tf.concat(
        having.map(({ b }) => b as tf.Tensor2D),
        1,
      ),
    );
    const spread = (value: (scaling: number) => number) => {
      const values = new Float32Array(all.length * total);
      let column = 0;
      for (const [at, one] of all.entries())
        for (let rank = 0; rank < (ranks[at] ?? 0); rank++) values[at * total + column++] = value(one?.scaling ?? 0);
      return tf.keep(tf.tensor2d(values, [all.length, total]));
    };
    this.scalings = spread((scaling) => scaling);
    this.roots = [
      spread((scaling) => Math.sqrt(Math.abs(scaling))),
      spread((scaling) => Math.sign(scaling) * Math.sqrt(Math.abs(scaling))),
    ];
    const [rank = 0] = ranks;
    const isEven = ranks.every((own) => own === rank);
    const folded = Float32Array.from({ length: total * rank }, (_, at) =>
      Math.floor(at / rank) % rank === at % rank ? 1 : 0,
    );
    this.folding = isEven ? tf.keep(tf.tensor2d(folded, [total, rank])) : null;
  }

  /** To be called within `tf.tidy`. @param all null: no adapter on the module; `more`: an adapter that is more than LoRA, which has no stack */
  static of(all: readonly (Factors | 'more' | null)[]): StackedFactors | null {
    const plain = all.filter((one) => one !== 'more');
    return plain.length < all.length ? null : new StackedFactors(plain);
  }

  /** Σ wᵢ·sᵢ·Bᵢ·Aᵢ·x [rows, outFeatures]. @param weights [rows, adapters] */
  mixed(x: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
    const inner = tf.matMul(x, this.a, false, true);
    return tf.matMul(tf.mul<tf.Tensor2D>(inner, tf.matMul(weights, this.scalings)), this.b, false, true);
  }

  /** (Σ wᵢ·√sᵢ·Bᵢ)·(Σ wᵢ·√sᵢ·Aᵢ)·x [rows, outFeatures]. @throws Error where ranks differ */
  fused(x: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
    if (this.folding === null) throw new Error('factors of different ranks have no mean');
    const [before, after] = this.roots.map((roots) => tf.matMul(weights, roots));
    if (before === undefined || after === undefined) throw new Error('a stack has two factors');
    const inner = tf.mul<tf.Tensor2D>(tf.matMul(x, this.a, false, true), before);
    const mean = tf.matMul(tf.matMul(inner, this.folding), this.folding, false, true);
    return tf.matMul(tf.mul<tf.Tensor2D>(mean, after), this.b, false, true);
  }

  dispose(): void {
    tf.dispose([this.a, this.b, this.scalings, ...this.roots, ...(this.folding === null ? [] : [this.folding])]);
  }
}
