import * as tf from '@tensorflow/tfjs-core';
import type { StoredMatrix } from '../../tensors/stored-matrix.ts';
import type { BlockLayout } from './encodings/encoding.ts';
import { gpuEncodingOf } from './encodings/index.ts';
import type { ProgramRunner } from './program-runner.ts';

/** Copies a matrix to the device as it is encoded, but that scales follow the quants of all blocks. */
export async function storeMatrix(
  gpu: ProgramRunner,
  { shape, encoding, byteLength, pieces }: StoredMatrix,
): Promise<{ readonly matrix: tf.Tensor; readonly finite: boolean }> {
  const known = gpuEncodingOf(encoding);
  const { block } = known;
  const count = byteLength / block.bytes;
  if (count * block.values !== shape[0] * shape[1])
    throw new Error(`${byteLength} bytes of ${encoding} are no matrix of ${shape.join(' × ')}`);
  const scalesAt = wholeWords(count * block.quants.bytes);
  // A shader reads four words at most at a time.
  const size = 4 * wholeWords(Math.ceil((scalesAt + count * (block.scale?.bytes ?? 0)) / 4));
  let finite = true;
  const stored = await gpu.stored(shape, known, size, async (target) => {
    let done = 0;
    for await (const blocks of wholeBlocks(pieces(), block.bytes)) {
      finite = copyBlocks(blocks, block, target, { done, scalesAt }) && finite;
      done += blocks.length / block.bytes;
    }
    if (done !== count) throw new Error(`${done} blocks of a stored matrix instead of ${count}`);
  });
  return { matrix: tf.engine().makeTensorFromTensorInfo(stored, tf.backend()), finite };
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** The same bytes in pieces of whole blocks. */
async function* wholeBlocks(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  blockBytes: number,
): AsyncIterable<Uint8Array> {
  const cut = new Uint8Array(blockBytes);
  let held = 0;
  for await (const piece of pieces) {
    const missing = held === 0 ? 0 : Math.min(blockBytes - held, piece.length);
    cut.set(piece.subarray(0, missing), held);
    held += missing;
    if (held === blockBytes) {
      yield cut;
      held = 0;
    }
    const whole = missing + Math.floor((piece.length - missing) / blockBytes) * blockBytes;
    if (whole > missing) yield piece.subarray(missing, whole);
    if (whole === piece.length) continue;
    held = piece.length - whole;
    cut.set(piece.subarray(whole));
  }
  if (held > 0) throw new Error('a stored matrix ends within a block');
}

/** Copies blocks to their places, and tells whether all scales, or values without one, are finite. */
function copyBlocks(
  blocks: Uint8Array,
  { bytes, quants, scale, exponent, halves = [] }: BlockLayout,
  target: Uint8Array,
  { done, scalesAt }: { readonly done: number; readonly scalesAt: number },
): boolean {
  if (scale === null) {
    target.set(blocks, done * bytes);
    return areFinite(bytes === 2 ? blocks : partsOf(blocks, bytes, halves), exponent);
  }
  let quantsAt = done * quants.bytes;
  for (let start = quants.at; start < blocks.length; start += bytes) {
    for (let at = 0; at < quants.bytes; at++) target[quantsAt + at] = blocks[start + at] ?? 0;
    quantsAt += quants.bytes;
  }
  const scales = partsOf(blocks, bytes, scale.bytes === 2 ? [scale.at] : [scale.at, scale.at + 2]);
  target.set(scales, scalesAt + done * scale.bytes);
  return areFinite(scales, exponent);
}

/** The two bytes at each of these places of every block, one after the other. */
function partsOf(blocks: Uint8Array, blockBytes: number, places: readonly number[]): Uint8Array {
  const parts = new Uint8Array((blocks.length / blockBytes) * 2 * places.length);
  let done = 0;
  for (let start = 0; start < blocks.length; start += blockBytes)
    for (const place of places) {
      parts[done++] = blocks[start + place] ?? 0;
      parts[done++] = blocks[start + place + 1] ?? 0;
    }
  return parts;
}

/** Halves, or float32 where the exponent is in the upper one. */
function areFinite(bytes: Uint8Array, exponent: number): boolean {
  // A view of numbers begins at a multiple of their size.
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const numbers =
    exponent > 0xffff
      ? new Uint32Array(buffer, byteOffset, length / 4)
      : new Uint16Array(buffer, byteOffset, length / 2);
  for (const number of numbers) if ((number & exponent) === exponent) return false;
  return true;
}
