import type { StreamedTensor } from '../../tensors/safetensors-stream.ts';
import type { GgufArchitecture, HeadCounts, NamedModule, Rearrangement } from './architectures/architecture.ts';
import type { GgufFile, GgufTensor } from './gguf-file.ts';
import { ggufParseError, unsupportedGguf } from './parse-error.ts';
import { bytePieces, floatPieces, readTensor, valueCount } from './tensor-values.ts';

/** Types that safetensors has itself; every other one can be written as F32, which represents its values exactly. */
const keptTypes: readonly string[] = ['F32', 'F16', 'BF16'];

/**
 * Tensors for model.safetensors, in transformers' names and layouts. Values are exact: F16 and BF16 are kept, matrices of
 * quantized types too, or with `decoded` become F32.
 *
 * @param tied whether the head is tied to the embedding, so that its copy is omitted.
 * @throws StudioError naming a tensor that is missing, unknown or of a wrong shape.
 */
export function convertedTensors(
  file: GgufFile,
  architecture: GgufArchitecture,
  tied: boolean,
  decoded: boolean,
): StreamedTensor[] {
  const layers = architecture.layerCount(file);
  const heads = architecture.headCounts(file);
  refuseMissing(file, architecture, layers);
  return [...file.tensors.values()].flatMap((tensor) => {
    if (architecture.configTensors.includes(tensor.name)) return [];
    if (tied && tensor.name === 'output.weight') return [];
    const { name, module, kind } = placeOf(file, tensor, architecture, layers);
    return streamed(
      file,
      tensor,
      name,
      kind === 'weight' ? module.rearranged : biasArrangement(module),
      heads,
      decoded,
    );
  });
}

/** Biases are not transposed. */
function biasArrangement({ rearranged }: NamedModule): Rearrangement | undefined {
  return rearranged === 'transposed' ? undefined : rearranged;
}

function refuseMissing(file: GgufFile, architecture: GgufArchitecture, layers: number): void {
  const check = (prefix: string, module: NamedModule): void => {
    for (const kind of ['weight', 'bias'] as const)
      if (module[kind] === 'required' && !file.tensors.has(`${prefix}${module.gguf}.${kind}`))
        throw ggufParseError(file.path, `lacks the tensor "${prefix}${module.gguf}.${kind}"`);
  };
  for (const module of architecture.otherModules) check('', module);
  for (let layer = 0; layer < layers; layer++)
    for (const module of architecture.layerModules) check(`blk.${layer}.`, module);
}

function placeOf(file: GgufFile, tensor: GgufTensor, architecture: GgufArchitecture, layers: number) {
  const parsed = /^(?:blk\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(tensor.name);
  const layer = parsed?.[1] === undefined ? null : Number(parsed[1]);
  const modules = layer === null ? architecture.otherModules : architecture.layerModules;
  const module = modules.find(({ gguf }) => gguf === parsed?.[2]);
  const kind = parsed?.[3] === 'bias' ? 'bias' : 'weight';
  if (!module || module[kind] === 'none' || (layer !== null && layer >= layers))
    throw unsupportedGguf(
      file.path,
      `has the tensor "${tensor.name}", which a ${architecture.id} model of ${layers} layers does not have`,
      'It may be a variant of the architecture that is not supported.',
    );
  const inside = layer === null ? '' : `${architecture.layersPrefix}.${layer}.`;
  return { name: `${inside}${module.transformers}.${kind}`, module, kind };
}

function streamed(
  file: GgufFile,
  tensor: GgufTensor,
  name: string,
  rearranged: Rearrangement | undefined,
  heads: HeadCounts,
  decoded: boolean,
): StreamedTensor {
  const kept = keptTypes.includes(tensor.type.name) || (!decoded && tensor.shape.length === 2);
  const dtype = kept ? tensor.type.name : 'F32';
  if (rearranged === 'transposed') return transposed(file, tensor, name);
  if (rearranged === undefined) {
    const pieces = () => (kept ? bytePieces(file, tensor, 1 << 22) : asBytes(floatPieces(file, tensor)));
    return { name, dtype, shape: tensor.shape, pieces };
  }
  const count = rearranged === 'interleaved-queries' ? heads.heads : heads.keyValueHeads;
  const [rows = 0] = tensor.shape;
  if (rows !== count * heads.headDimension || heads.headDimension % 2 !== 0)
    throw ggufParseError(
      file.path,
      `gives tensor "${tensor.name}" ${rows} rows where ${count} heads of ${heads.headDimension} need ${count * heads.headDimension}`,
    );
  const headValues = (heads.headDimension * valueCount(tensor)) / rows;
  if (headValues % tensor.type.blockValues !== 0)
    throw ggufParseError(
      file.path,
      `stores tensor "${tensor.name}" as ${tensor.type.name}, which cuts its heads apart`,
    );
  const pieces = () =>
    headByHead(
      kept
        ? bytePieces(file, tensor, (headValues / tensor.type.blockValues) * tensor.type.blockBytes)
        : asBytes(floatPieces(file, tensor, headValues)),
      heads.headDimension,
      kept ? (headValues / tensor.type.blockValues) * tensor.type.blockBytes : headValues * 4,
    );
  return { name, dtype, shape: tensor.shape, pieces };
}

/** Row 2j of a head is row j of transformers' first half, row 2j + 1 row j of its second half. */
async function* headByHead(
  pieces: AsyncIterable<Uint8Array>,
  headDimension: number,
  headBytes: number,
): AsyncGenerator<Uint8Array> {
  const rowBytes = headBytes / headDimension;
  const half = headDimension / 2;
  for await (const piece of pieces) {
    const ordered = new Uint8Array(piece.length);
    for (let head = 0; head < piece.length; head += headBytes)
      for (let row = 0; row < headDimension; row++) {
        const from = head + (2 * (row % half) + Math.floor(row / half)) * rowBytes;
        ordered.set(piece.subarray(from, from + rowBytes), head + row * rowBytes);
      }
    yield ordered;
  }
}

/** GPT-2's largest has 10 million. */
const maxTransposedValues = 1 << 28;

/** In memory as a whole: such models are small, and a column is spread over all rows. */
function transposed(file: GgufFile, tensor: GgufTensor, name: string): StreamedTensor {
  const [rows = 0, columns = 0] = tensor.shape;
  if (tensor.shape.length !== 2) throw ggufParseError(file.path, `gives tensor "${tensor.name}" no two dimensions`);
  if (rows * columns > maxTransposedValues)
    throw unsupportedGguf(
      file.path,
      `has ${rows * columns} values in tensor "${tensor.name}", more than any GPT-2`,
      'Is it a model of another architecture?',
    );
  return {
    name,
    dtype: 'F32',
    shape: [columns, rows],
    async *pieces() {
      const { data } = await readTensor(file, tensor.name);
      const turned = new Float32Array(data.length);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          turned[column * rows + row] = data[row * columns + column] ?? 0;
      yield new Uint8Array(turned.buffer);
    },
  };
}

async function* asBytes(pieces: AsyncIterable<Float32Array>): AsyncGenerator<Uint8Array> {
  for await (const { buffer, byteOffset, byteLength } of pieces) yield new Uint8Array(buffer, byteOffset, byteLength);
}
