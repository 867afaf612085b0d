import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';

/** A folder of its own for a test file, removed at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coto-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function idxBytes(dimensions: readonly number[], values: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header[2] = 0x08;
  header[3] = dimensions.length;
  for (const [index, size] of dimensions.entries()) header.writeUInt32BE(size, 4 + 4 * index);
  return Buffer.concat([header, Buffer.from(values)]);
}

/** Images of 2 × 3 whose first byte is the row, then 0. */
export function idxFolder(
  folder: string,
  splits: Readonly<Record<string, readonly number[]>>,
  { packed = false, suffix = 'ubyte' } = {},
): string {
  mkdirSync(folder, { recursive: true });
  for (const [split, labels] of Object.entries(splits)) {
    const images = labels.flatMap((_, row) => [row, 0, 0, 0, 0, 0]);
    const write = (name: string, bytes: Buffer) =>
      writeFileSync(join(folder, packed ? `${name}.gz` : name), packed ? gzipSync(bytes) : bytes);
    write(`${split}-images-idx3-${suffix}`, idxBytes([labels.length, 2, 3], images));
    write(`${split}-labels-idx1-${suffix}`, idxBytes([labels.length], labels));
  }
  return folder;
}

/** Writes an image of one color; the file's format is its name's ending. */
export async function writeImage(
  path: string,
  { height = 4, width = 6, color = [10, 20, 30] }: { height?: number; width?: number; color?: number[] } = {},
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const channels = color.length === 1 ? 1 : 3;
  const pixels = Buffer.from(Array.from({ length: height * width }, () => color).flat());
  let image = sharp(pixels, { raw: { height, width, channels } });
  if (channels === 1) image = image.toColorspace('b-w');
  await image.toFile(path);
}

export function imageModel(channels: number, height: number, width = height): ModelDescription {
  return {
    family: 'vit',
    architecture: 'ViTForImageClassification',
    kind: 'image-classification',
    parameterCount: 0,
    sizeBytes: 0,
    dtype: 'float32',
    layerCount: 1,
    hiddenSize: 1,
    labels: [],
    image: { height, width, channels },
    text: null,
    linears: [],
    fingerprint: '',
  };
}

/** Numbers from 0 up to 1, the same every time: what a fuzz test draws from. */
export function repeatableNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
