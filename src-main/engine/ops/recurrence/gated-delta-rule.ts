import * as tf from '@tensorflow/tfjs-core';
import {
  as2D,
  at,
  attribute,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationAttributes,
  type OperationInputs,
} from '../autograd/operation.ts';
import { type ChunkSizes, chunkSizes, cutChunks, inverseOfUnitLower, joinChunks, pairMask } from './token-chunks.ts';

/** Layout of the rows of a gated delta rule. */
export interface DeltaRuleShape {
  readonly batch: number;
  readonly tokens: number;
  /** Heads of queries and keys; each serves valueHeads / keyHeads consecutive heads of values. */
  readonly keyHeads: number;
  readonly valueHeads: number;
}

/** Inputs of a gated delta rule. */
export interface DeltaRuleInputs {
  /** [batch · tokens, keyHeads · keySize] */
  readonly q: tf.Tensor2D;
  readonly k: tf.Tensor2D;
  /** [batch · tokens, valueHeads · valueSize] */
  readonly v: tf.Tensor2D;
  /** Logarithm of the factor that shrinks the state before each token, at most 0, [batch · tokens, valueHeads]. */
  readonly decay: tf.Tensor2D;
  /** Share of the difference to the value that each token writes into the state, [batch · tokens, valueHeads]. */
  readonly rate: tf.Tensor2D;
  /** State after earlier tokens [batch · valueHeads · keySize, valueSize]; null: zeros. */
  readonly state: tf.Tensor2D | null;
}

/** Tensors of all chunks that do not depend on the state; m is chunks · batch · valueHeads. */
type Chunks = {
  readonly q: tf.Tensor;
  readonly k: tf.Tensor;
  readonly v: tf.Tensor;
  readonly rate: tf.Tensor;
  /** exp of the decay from one token of a chunk to a later one [m, length, length]; 0 above the diagonal. */
  readonly reach: tf.Tensor;
  /** k·kᵀ ∘ reach below the diagonal: how far a token reads what earlier tokens of its chunk have written. */
  readonly overlaps: tf.Tensor;
  /** q·kᵀ ∘ reach */
  readonly attended: tf.Tensor;
  /** (I + rate ∘ overlaps)⁻¹ */
  readonly inverse: tf.Tensor;
  /** Queries and keys that read the state before the chunk. */
  readonly oldQueries: tf.Tensor;
  readonly oldKeys: tf.Tensor;
  /** Keys that write into the state after the chunk. */
  readonly newKeys: tf.Tensor;
  /** exp of the decay up to a token, from a token to the chunk's end, and over the chunk. */
  readonly opened: tf.Tensor;
  readonly rest: tf.Tensor;
  readonly whole: tf.Tensor;
};

const gradient = defineOperation({
  name: 'CotoGatedDeltaRuleGradient',
  compose: (inputs, attributes) => {
    const shape = shapeOf(attributes);
    const { keyHeads, valueHeads } = shape;
    const sizes = chunkSizes(shape.batch, shape.tokens);
    const { chunks } = sizes;
    // Each step frees its own intermediate tensors: together they would take several times as much as all others.
    const parts = tf.tidy(() => chunksOf(inputs, shape, sizes));
    const { q, k, v, rate, reach, overlaps, attended, oldKeys, opened, rest, whole } = parts;
    const dy = cutChunks(input(inputs, 'dy'), sizes, valueHeads);
    const { s, values } = tf.tidy(() => {
      const { before, written } = scan(parts, firstState(inputs, shape), chunks);
      return { s: tf.concat(before), values: tf.concat(written) };
    });
    const { dAfter, y, ds } = tf.tidy(() => scanBack(parts, dy, tf.zerosLike(firstState(inputs, shape)), chunks));

    const dv = tf.mul(rate, y);
    const dSystem = tf.neg(multiply(y, values, false, true));
    const dRate = tf.tidy(() =>
      tf.add(tf.sum(tf.mul(y, tf.sub(v, multiply(oldKeys, s))), 2, true), tf.sum(tf.mul(dSystem, overlaps), 2, true)),
    );
    const ofAttended = tf.tidy(() => tf.mul(multiply(dy, values, false, true), reach));
    const below = pairMask(sizes.length, (row, column) => row > column);
    const ofOverlaps = tf.tidy(() => tf.mul(tf.mul(tf.mul(dSystem, reach), rate), below));
    const dqOld = tf.tidy(() => tf.mul(multiply(dy, s, false, true), opened));
    const dkOld = tf.tidy(() => tf.neg(tf.mul(multiply(dv, s, false, true), opened)));
    const dkNew = tf.tidy(() => tf.mul(multiply(values, dAfter, false, true), rest));
    const dq = tf.tidy(() => tf.add(dqOld, multiply(ofAttended, k)));
    const dk = tf.tidy(() =>
      tf.addN([dkOld, dkNew, multiply(ofAttended, q, true), multiply(ofOverlaps, k), multiply(ofOverlaps, k, true)]),
    );

    // Gradients of the decay summed up to each token of a chunk.
    const { ofSums, ofWhole } = tf.tidy(() => {
      const pairs = tf.add(
        tf.mul(multiply(dy, values, false, true), attended),
        tf.mul(dSystem, tf.mul(rate, overlaps)),
      );
      const fromNew = tf.sum(tf.mul(dkNew, k), 2, true);
      return {
        ofSums: tf.addN([
          tf.sum(tf.mul(dqOld, q), 2, true),
          tf.sum(tf.mul(dkOld, k), 2, true),
          tf.neg(fromNew),
          tf.sum(pairs, 2, true),
          tf.neg(tf.transpose(tf.sum(pairs, 1, true), [0, 2, 1])),
        ]),
        ofWhole: tf.add(tf.sum(fromNew, 1, true), tf.mul(whole, tf.sum(tf.mul(s, dAfter), [1, 2], true))),
      };
    });
    // A token's decay is part of the sums of all tokens from it on. (A reversed cumulative sum is wrong on tfjs's WebGPU.)
    const later = pairMask(sizes.length, (row, column) => column >= row);
    const dDecay = tf.add(tf.sum(tf.mul(tf.transpose(ofSums, [0, 2, 1]), later), 2, true), ofWhole);
    const joined = (x: tf.Tensor, own: number) => joinChunks(x, sizes, own, valueHeads);
    return [
      joined(dq, keyHeads),
      joined(dk, keyHeads),
      joined(dv, valueHeads),
      joined(dDecay, valueHeads),
      joined(dRate, valueHeads),
      asRows(ds),
    ];
  },
});

/** Outputs: what the tokens read, like v, and the state after them. */
const operation = defineOperation({
  name: 'CotoGatedDeltaRule',
  compose: (inputs, attributes) => {
    const shape = shapeOf(attributes);
    const sizes = chunkSizes(shape.batch, shape.tokens);
    const parts = tf.tidy(() => chunksOf(inputs, shape, sizes));
    const { before, written, last } = scan(parts, firstState(inputs, shape), sizes.chunks);
    const [queries, attended] = [byChunk(parts.oldQueries, sizes.chunks), byChunk(parts.attended, sizes.chunks)];
    const read = written.map((values, chunk) =>
      tf.add(multiply(at(queries, chunk), at(before, chunk)), multiply(at(attended, chunk), values)),
    );
    return [joinChunks(tf.concat(read), sizes, shape.valueHeads), asRows(last)];
  },
  saved: { inputs: ['q', 'k', 'v', 'decay', 'rate', 'state'], states: ['q', 'k', 'v'] },
  gradients: (dy, saved, attributes) => {
    // One pass computes all: they share the states.
    const made = gradient({ ...saved, dy }, attributes);
    return Object.fromEntries(
      ['q', 'k', 'v', 'decay', 'rate', 'state'].map((name, index) => [name, () => at(made, index)]),
    );
  },
});

/**
 * The gated delta rule (Yang et al. 2024, arXiv:2412.06464), head by head: S ← exp(decay)·S, S ← S + k·(rate·(v − Sᵀ·k))ᵀ, and
 * each token reads Sᵀ·q. Computed in chunks of tokens by products of matrices, as transformers does. Gradients go to all inputs
 * of the first result; `state` is the state after the last token.
 */
export function gatedDeltaRule(
  inputs: DeltaRuleInputs,
  shape: DeltaRuleShape,
): { readonly y: tf.Tensor2D; readonly state: tf.Tensor2D } {
  const made = operation(givenInputs({ ...inputs }), { ...shape });
  return { y: as2D(at(made, 0)), state: as2D(at(made, 1)) };
}

function shapeOf(attributes: OperationAttributes): DeltaRuleShape {
  return {
    batch: attribute(attributes, 'batch'),
    tokens: attribute(attributes, 'tokens'),
    keyHeads: attribute(attributes, 'keyHeads'),
    valueHeads: attribute(attributes, 'valueHeads'),
  };
}

function chunksOf(inputs: OperationInputs, { keyHeads, valueHeads }: DeltaRuleShape, sizes: ChunkSizes): Chunks {
  const cut = (name: string, own: number) => cutChunks(input(inputs, name), sizes, own, valueHeads);
  const [q, k] = [cut('q', keyHeads), cut('k', keyHeads)];
  const [v, decay, rate] = [cut('v', valueHeads), cut('decay', valueHeads), cut('rate', valueHeads)];
  const { length } = sizes;
  const sums = tf.cumsum(decay, 1);
  const total = tf.slice(sums, [0, length - 1, 0], [-1, 1, 1]);
  const visible = pairMask(length, (row, column) => row >= column);
  // Differences above the diagonal are positive: their exponentials could be infinite.
  const differences = tf.mul(tf.sub(sums, tf.transpose(sums, [0, 2, 1])), visible);
  const reach = tf.mul(tf.exp(differences), visible);
  const below = pairMask(length, (row, column) => row > column);
  const overlaps = tf.mul(tf.mul(multiply(k, k, false, true), reach), below);
  const [opened, rest, whole] = [tf.exp(sums), tf.exp(tf.sub(total, sums)), tf.exp(total)];
  return {
    ...{ q, k, v, rate, reach, overlaps, opened, rest, whole },
    attended: tf.mul(multiply(q, k, false, true), reach),
    inverse: tf.tidy(() => inverseOfUnitLower(tf.mul(rate, overlaps))),
    oldQueries: tf.mul(q, opened),
    oldKeys: tf.mul(k, opened),
    newKeys: tf.mul(k, rest),
  };
}

/**
 * From the last chunk to the first: the gradients of the states after each chunk and of what each chunk's system solves, and the
 * gradient of the state before the first chunk.
 */
function scanBack(
  { attended, oldQueries, newKeys, oldKeys, inverse, rate, whole }: Chunks,
  dy: tf.Tensor,
  last: tf.Tensor,
  chunks: number,
): { dAfter: tf.Tensor; y: tf.Tensor; ds: tf.Tensor } {
  const ofValues = byChunk(multiply(attended, dy, true), chunks);
  const ofStates = byChunk(multiply(oldQueries, dy, true), chunks);
  const [newKey, oldKey, solved] = [byChunk(newKeys, chunks), byChunk(oldKeys, chunks), byChunk(inverse, chunks)];
  const [rates, factors] = [byChunk(rate, chunks), byChunk(whole, chunks)];
  let ds = last;
  const after: tf.Tensor[] = [];
  const systems: tf.Tensor[] = [];
  for (let chunk = chunks - 1; chunk >= 0; chunk--) {
    const dValues = tf.add(at(ofValues, chunk), multiply(at(newKey, chunk), ds));
    const system = multiply(at(solved, chunk), dValues, true);
    after.unshift(ds);
    systems.unshift(system);
    const read = multiply(at(oldKey, chunk), tf.mul(at(rates, chunk), system), true);
    ds = tf.sub(tf.add(tf.mul(at(factors, chunk), ds), at(ofStates, chunk)), read);
  }
  return { dAfter: tf.concat(after), y: tf.concat(systems), ds };
}

/** The states before each chunk [n, keySize, valueSize], the values written by each chunk's tokens, and the last state. */
function scan(
  { v, rate, inverse, oldKeys, newKeys, whole }: Chunks,
  start: tf.Tensor,
  chunks: number,
): { before: tf.Tensor[]; written: tf.Tensor[]; last: tf.Tensor } {
  const own = byChunk(multiply(inverse, tf.mul(rate, v)), chunks);
  const read = byChunk(multiply(inverse, tf.mul(rate, oldKeys)), chunks);
  const [keys, factors] = [byChunk(newKeys, chunks), byChunk(whole, chunks)];
  const before: tf.Tensor[] = [];
  const written: tf.Tensor[] = [];
  let state = start;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const values = tf.sub(at(own, chunk), multiply(at(read, chunk), state));
    before.push(state);
    written.push(values);
    state = tf.add(tf.mul(at(factors, chunk), state), multiply(at(keys, chunk), values, true));
  }
  return { before, written, last: state };
}

function firstState(inputs: OperationInputs, { batch, keyHeads, valueHeads }: DeltaRuleShape): tf.Tensor {
  const keySize = as2D(input(inputs, 'k')).shape[1] / keyHeads;
  const valueSize = as2D(input(inputs, 'v')).shape[1] / valueHeads;
  const shape: [number, number, number] = [batch * valueHeads, keySize, valueSize];
  const { state } = inputs;
  return state === undefined ? tf.zeros(shape) : tf.reshape(state, shape);
}

function asRows(state: tf.Tensor): tf.Tensor {
  return tf.reshape(state, [-1, state.shape[2] ?? 0]);
}

/** [chunks · n, …] → a tensor [n, …] for each chunk. */
function byChunk(x: tf.Tensor, chunks: number): tf.Tensor[] {
  return chunks === 1 ? [x] : tf.split(x, chunks);
}
