import { mxfp4Bytes, mxfp4OfGgml } from '../../../tensors/mxfp4.ts';
import type { StreamedTensor } from '../../../tensors/safetensors-stream.ts';
import { mxfp4 } from '../../../tensors/tensor-types/mxfp4.ts';
import { transposed } from '../../../tensors/transpose.ts';
import type { GgufFile, GgufTensor } from '../gguf-file.ts';
import { ggufParseError } from '../parse-error.ts';
import { expertOf, readWhole, requireTensor } from '../tensor-values.ts';

/**
 * The experts of a layer as gpt-oss has them: rows of gate and up by turns in one linear, weights [inputs, outputs] or in MXFP4
 * as codes and exponents. Other types are decoded. One expert is in memory at a time.
 */
export function regroupedExperts(file: GgufFile, from: string, to: string): StreamedTensor[] {
  const tensor = (linear: string, part: 'weight' | 'bias') => requireTensor(file, `${from}.ffn_${linear}_exps.${part}`);
  const [gate, up, down] = [tensor('gate', 'weight'), tensor('up', 'weight'), tensor('down', 'weight')];
  const [gateBias, upBias] = [tensor('gate', 'bias'), tensor('up', 'bias')];
  for (const [one, other] of [
    [gate, up],
    [gateBias, upBias],
  ] as const)
    if (one.shape.join() !== other.shape.join() || one.type !== other.type)
      throw ggufParseError(file.path, `has tensors of other shapes or types in "${one.name}" and "${other.name}"`);
  return [
    ...weights(file, `${to}.gate_up_proj`, [gate, up]),
    floats(file, `${to}.gate_up_proj_bias`, [gateBias, upBias]),
    ...weights(file, `${to}.down_proj`, [down]),
    floats(file, `${to}.down_proj_bias`, [tensor('down', 'bias')]),
  ];
}

function weights(file: GgufFile, name: string, parts: readonly GgufTensor[]): StreamedTensor[] {
  const [first] = parts;
  if (first?.type !== mxfp4) return [floats(file, name, parts, true)];
  const [experts = 0, rows = 0, columns = 0] = first.shape;
  const shape = [experts, rows * parts.length, columns / mxfp4.blockValues];
  const piecesOf = (part: 'codes' | 'exponents') =>
    async function* () {
      for (let index = 0; index < experts; index++) yield mxfp4OfGgml(await rowsByTurns(file, parts, index))[part];
    };
  return [
    { name: `${name}_blocks`, dtype: 'U8', shape: [...shape, mxfp4Bytes], pieces: piecesOf('codes') },
    { name: `${name}_scales`, dtype: 'U8', shape, pieces: piecesOf('exponents') },
  ];
}

/** Values of all experts in float32; matrices are turned. */
function floats(file: GgufFile, name: string, parts: readonly GgufTensor[], isTurned = false): StreamedTensor {
  const [experts = 0, rows = 0, columns = 1] = parts[0]?.shape ?? [];
  const outputs = rows * parts.length;
  return {
    name,
    dtype: 'F32',
    shape: isTurned ? [experts, columns, outputs] : [experts, outputs],
    async *pieces() {
      for (let index = 0; index < experts; index++) {
        const bytes = await rowsByTurns(file, parts, index);
        const data = new Float32Array(outputs * columns);
        parts[0]?.type.dequantize(bytes, data);
        const { buffer } = isTurned ? transposed({ shape: [outputs, columns], data }).data : data;
        yield new Uint8Array(buffer);
      }
    },
  };
}

/** The rows of an expert's matrices or vectors by turns. */
async function rowsByTurns(file: GgufFile, parts: readonly GgufTensor[], index: number): Promise<Uint8Array> {
  const read = await Promise.all(parts.map((part) => readWhole(file, expertOf(part, index))));
  const [first = new Uint8Array()] = read;
  if (read.length === 1) return first;
  const rows = parts[0]?.shape[1] ?? 0;
  const rowBytes = first.length / rows;
  const joined = new Uint8Array(first.length * read.length);
  for (let row = 0; row < rows; row++)
    for (const [part, bytes] of read.entries())
      joined.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), (row * read.length + part) * rowBytes);
  return joined;
}
