import { dampedInverse, gram, inverse, type Matrix, matmul, svd, transpose } from '../../linalg/index.ts';
import type { AdapterUpdate, ModuleMergeMethod } from '../merge-method.ts';
import { mixed, rootOf } from '../spaces/stacked-factors.ts';
import { Adam } from './adam.ts';

/**
 * LoRA*: the factor average after an invertible Pᵢ for each adapter and module, B·P and P⁻¹·A, is trained so that the average
 * of the factors (the fusion) is near the average of the updates (the mixture). The first adapter's P stays the identity.
 * Figure r8 of the CoTo authors' rebuttal names the objective; the start and the optimizer are ours.
 */
export const loraAlign: ModuleMergeMethod = {
  declaration: {
    id: 'lora-align',
    label: 'LoRA* alignment',
    summary:
      'Trains an invertible matrix between the factors of each adapter until the average of the factors is near the average of the updates.',
    paper: {
      title: 'Come Together, But Not Right Now (CoTo), figure r8 of the rebuttal',
      url: 'https://arxiv.org/abs/2506.05713',
    },
    parameters: [
      {
        name: 'align_steps',
        label: 'Steps',
        type: 'integer',
        default: 200,
        minimum: 0,
        maximum: 100_000,
        step: 50,
        unit: 'steps',
        help: 'Steps of Adam on the matrices of each module. 0 keeps the best of the starts.',
      },
      {
        name: 'align_learning_rate',
        label: 'Learning rate',
        type: 'number',
        default: 0.01,
        above: 0,
        maximum: 1,
        step: 0.005,
        help: 'Learning rate of Adam. Each entry of a matrix moves by about this much a step.',
        advanced: true,
      },
    ],
  },
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: true, negativeWeights: true, normalized: () => true },
  mergeModule(updates, weights, { align_steps: steps, align_learning_rate: rate }, { allocate }) {
    const aligner = new Aligner(updates, weights);
    const { left, right } = aligner.train(Number(steps), Number(rate));
    return {
      b: mixed(updates, 'b', left, allocate),
      a: mixed(updates, 'a', right, allocate),
      rank: updates[0]?.rank ?? 0,
      scaling: 1,
    };
  },
};

/** P of every adapter, and what they make of the stacked factors. */
interface Alignment {
  readonly matrices: readonly Matrix[];
  readonly inverses: readonly Matrix[];
  /** [Σ r, r]: the weighted P below each other, so that the fusion's B is [B₁ … Bₙ] times this. */
  readonly left: Matrix;
  /** [r, Σ r]: the weighted P⁻¹ beside each other. */
  readonly right: Matrix;
  /** [Σ r, r] each: G_B·left, and G_A·rightᵀ. */
  readonly ofLeft: Matrix;
  readonly ofRight: Matrix;
  /** ‖fusion − mixture‖² / ‖mixture‖². */
  readonly loss: number;
}

/** Works on the products of the factors' vectors, Σ r in size: no matrix of the module's size is formed. */
class Aligner {
  private readonly rank: number;
  private readonly weights: readonly number[];
  /** BᵀB and A·Aᵀ of the stacked factors. */
  private readonly ofB: Matrix;
  private readonly ofA: Matrix;
  /** ‖mixture‖². */
  private readonly mixture: number;

  constructor(updates: readonly AdapterUpdate[], weights: readonly number[]) {
    const vectors = (part: 'a' | 'b') => updates.map((own) => ({ matrix: own[part], scale: rootOf(own, part) }));
    this.rank = updates[0]?.rank ?? 0;
    this.weights = weights;
    this.ofB = gram(vectors('b'), 'columns');
    this.ofA = gram(vectors('a'), 'rows');
    let mixture = 0;
    this.ofB.data.forEach((value, at) => {
      const [row, column] = [Math.floor(at / this.size), at % this.size];
      mixture += this.weightAt(row) * this.weightAt(column) * value * (this.ofA.data[at] ?? 0);
    });
    this.mixture = Math.max(mixture, Number.MIN_VALUE);
  }

  /** The best alignment that is found. */
  train(steps: number, rate: number): Alignment {
    const starts = [this.identities(), this.rotations(), this.leastSquares()];
    let best = starts.reduce<Alignment | null>((kept, matrices) => {
      const made = this.alignment(matrices);
      return made !== null && (kept === null || made.loss < kept.loss) ? made : kept;
    }, null);
    if (best === null) throw new Error('the identity has an inverse');
    const optimizers = best.matrices.map(() => new Adam(this.rank ** 2, rate));
    let current = best;
    for (let step = 0; step < steps; step++) {
      const gradients = this.gradients(current);
      const moved = current.matrices.map((matrix, index) => {
        if (index === 0) return matrix;
        const values = Float64Array.from(matrix.data);
        optimizers[index]?.step(values, gradients[index]?.data ?? []);
        return { ...matrix, data: values };
      });
      const next = this.alignment(moved);
      if (next === null) break;
      current = next;
      if (next.loss < best.loss) best = next;
    }
    return best;
  }

  private get size(): number {
    return this.rank * this.weights.length;
  }

  private weightAt(vector: number): number {
    return this.weights[Math.floor(vector / this.rank)] ?? 0;
  }

  /** Null where a matrix has no inverse. */
  private alignment(matrices: readonly Matrix[]): Alignment | null {
    const inverses = matrices.flatMap((matrix) => inverse(matrix) ?? []);
    if (inverses.length < matrices.length) return null;
    const weighted = (parts: readonly Matrix[]) =>
      parts.map((matrix, index) => times(matrix, this.weights[index] ?? 0));
    const left = below(weighted(matrices));
    const rightRows = below(weighted(inverses).map(transpose));
    const ofLeft = matmul(this.ofB, left);
    const ofRight = matmul(this.ofA, rightRows);
    // ‖F‖² − 2·⟨F, M⟩ + ‖M‖², each by its products.
    const fusion = dot(matmul(transpose(left), ofLeft), transpose(matmul(transpose(rightRows), ofRight)));
    const both = dot(ofLeft, this.scaledRows(ofRight));
    const loss = (fusion - 2 * both + this.mixture) / this.mixture;
    if (!Number.isFinite(loss)) return null;
    return { matrices, inverses, left, right: transpose(rightRows), ofLeft, ofRight, loss };
  }

  /** Derivatives of the loss by each P. */
  private gradients({ left, right, ofLeft, ofRight, inverses }: Alignment): Matrix[] {
    // F − M = B·K·A with K = left·right − diag(w): the derivative by K is 2·G_B·K·G_A.
    const byLeft = matmul(this.ofB, minus(matmul(left, matmul(right, ofRight)), this.scaledRows(ofRight)));
    const byRight = matmul(
      this.ofA,
      minus(matmul(transpose(right), matmul(transpose(left), ofLeft)), this.scaledRows(ofLeft)),
    );
    return inverses.map((own, index) => {
      const factor = (2 * (this.weights[index] ?? 0)) / this.mixture;
      const rows = (matrix: Matrix): Matrix => ({
        shape: [this.rank, this.rank],
        data: matrix.data.slice(index * this.rank ** 2, (index + 1) * this.rank ** 2),
      });
      const transposed = transpose(own);
      // d(P⁻¹) = −P⁻¹·dP·P⁻¹, and `byRight` has the derivative by P⁻¹ transposed.
      const throughInverse = matmul(transposed, matmul(transpose(rows(byRight)), transposed));
      return times(minus(rows(byLeft), throughInverse), factor);
    });
  }

  /** diag(w)·matrix. */
  private scaledRows({ shape, data }: Matrix): Matrix {
    return { shape, data: data.map((value, at) => value * this.weightAt(Math.floor(at / shape[1]))) };
  }

  private identities(): Matrix[] {
    return this.weights.map(() => identity(this.rank));
  }

  /** The rotation of each adapter nearest to the first one's factors (orthogonal Procrustes). */
  private rotations(): Matrix[] {
    return this.weights.map((_, index) => {
      if (index === 0) return identity(this.rank);
      const [fromB, fromA] = [this.block(this.ofB, index, 0), this.block(this.ofA, index, 0)];
      const { u, vt } = svd({ ...fromB, data: fromB.data.map((value, at) => value + (fromA.data[at] ?? 0)) });
      return matmul(u, vt);
    });
  }

  /** The matrix of each adapter that brings its B nearest to the first one's. */
  private leastSquares(): Matrix[] {
    return this.weights.map((_, index) =>
      index === 0
        ? identity(this.rank)
        : leastSquares(this.block(this.ofB, index, index), this.block(this.ofB, index, 0)),
    );
  }

  /** Products of the vectors of one adapter with those of another. */
  private block({ data }: Matrix, one: number, other: number): Matrix {
    const { rank, size } = this;
    const values = Float64Array.from({ length: rank * rank }, (_, at) => {
      const [row, column] = [one * rank + Math.floor(at / rank), other * rank + (at % rank)];
      return data[row * size + column] ?? 0;
    });
    return { shape: [rank, rank], data: values };
  }
}

/** (own)⁻¹·products, damped so far that a direction without length stays out of the way. */
function leastSquares(own: Matrix, products: Matrix): Matrix {
  const trace = own.data.reduce((sum, value, at) => (at % (own.shape[0] + 1) === 0 ? sum + value : sum), 0);
  return matmul(dampedInverse(own, 1e-9 * Math.max(trace, Number.MIN_VALUE)), products);
}

function identity(size: number): Matrix {
  const data = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  return { shape: [size, size], data };
}

/** Matrices of one width below each other. */
function below(parts: readonly Matrix[]): Matrix {
  const columns = parts[0]?.shape[1] ?? 0;
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { shape: [data.length / Math.max(1, columns), columns], data };
}

function times({ shape, data }: Matrix, factor: number): Matrix {
  return { shape, data: data.map((value) => factor * value) };
}

function minus({ shape, data }: Matrix, other: Matrix): Matrix {
  return { shape, data: data.map((value, at) => value - (other.data[at] ?? 0)) };
}

/** The sum of the products of the entries. */
function dot({ data }: Matrix, other: Matrix): number {
  return data.reduce((sum, value, at) => sum + value * (other.data[at] ?? 0), 0);
}
