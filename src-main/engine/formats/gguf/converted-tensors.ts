import type { StreamedTensor } from '../../tensors/safetensors-stream.ts';
import type { GgufArchitecture, HeadCounts, NamedModule, Rearrangement } from './architectures/architecture.ts';
import { expertCount } from './architectures/decoder-config.ts';
import type { GgufFile, GgufTensor } from './gguf-file.ts';
import { ggufParseError, unsupportedGguf } from './parse-error.ts';
import { fitsRowOrder, hasRowOrder, type RowOrder, rowInFile, rowOrderOf } from './row-order.ts';
import { bytePieces, expertOf, floatPieces, readTensor, valueCount } from './tensor-values.ts';

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
  const { regrouped } = architecture;
  const isRegrouped = ({ name }: GgufTensor) => {
    const { layer, module } = parsedName(name);
    return layer !== null && layer < layers && regrouped?.modules.includes(module) === true;
  };
  const plain = [...file.tensors.values()].flatMap((tensor) => {
    if (architecture.configTensors.includes(tensor.name) || isRegrouped(tensor)) return [];
    if (tied && tensor.name === 'output.weight') return [];
    const { name, module, kind } = placeOf(file, tensor, architecture, layers);
    const rearranged = kind === 'weight' ? module.rearranged : biasArrangement(module);
    if (!module.isOfExperts) return streamed(file, tensor, name, rearranged, heads, decoded);
    return Array.from({ length: expertsOf(file, tensor) }, (_, index) =>
      streamed(file, expertOf(tensor, index), name.replace('*', String(index)), rearranged, heads, decoded),
    );
  });
  const others = Array.from({ length: regrouped ? layers : 0 }, (_, layer) => regrouped?.tensors(file, layer) ?? []);
  return [...plain, ...others.flat()];
}

/** @throws StudioError for a tensor that has no matrix for each of the file's experts */
function expertsOf(file: GgufFile, tensor: GgufTensor): number {
  const [count = 0] = tensor.shape;
  const wanted = expertCount(file);
  if (tensor.shape.length === 3 && count === wanted) return count;
  throw ggufParseError(
    file.path,
    `gives tensor "${tensor.name}" the shape [${tensor.shape.join(', ')}], which is no matrix for each of ${wanted} experts`,
  );
}

/** Only the rows of biases are reordered. */
function biasArrangement(module: NamedModule): Rearrangement | undefined {
  return hasRowOrder(module) ? module.rearranged : undefined;
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
  const { layer, module: own, kind } = parsedName(tensor.name);
  const modules = layer === null ? architecture.otherModules : architecture.layerModules;
  const module = modules.find(({ gguf }) => gguf === own);
  if (!module || module[kind] === 'none' || (layer !== null && layer >= layers))
    throw unsupportedGguf(
      file.path,
      `has the tensor "${tensor.name}", which a ${architecture.id} model of ${layers} layers does not have`,
      'It may be a variant of the architecture that is not supported.',
    );
  const inside = layer === null ? '' : `${architecture.layersPrefix}.${layer}.`;
  const ending = module.isParameter ? '' : `.${kind}`;
  return { name: `${inside}${module.transformers}${ending}`, module, kind };
}

function parsedName(name: string): { layer: number | null; module: string; kind: 'weight' | 'bias' } {
  const [, layer, module = '', kind] = /^(?:blk\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? [];
  return { layer: layer === undefined ? null : Number(layer), module, kind: kind === 'bias' ? 'bias' : 'weight' };
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
  if (rearranged === 'plus-one') return lessOne(file, tensor, name);
  if (rearranged === 'convolution') {
    const [width = 0, kernel = 0] = tensor.shape;
    return { name, dtype: 'F32', shape: [width, 1, kernel], pieces: () => asBytes(floatPieces(file, tensor)) };
  }
  if (rearranged === undefined) {
    const pieces = () => (kept ? bytePieces(file, tensor, 1 << 22) : asBytes(floatPieces(file, tensor)));
    return { name, dtype, shape: tensor.shape, pieces };
  }
  const order = rowOrderOf(rearranged, { queries: heads.heads, keyValues: heads.keyValueHeads });
  if (order === null) throw new Error(`no order of rows: ${rearranged}`);
  return { name, dtype, shape: tensor.shape, pieces: orderedRows(file, tensor, order, heads.headDimension, kept) };
}

/**
 * The rows of a tensor in transformers' order, head by head.
 * @throws StudioError if the rows are not those of the heads
 */
function orderedRows(
  file: GgufFile,
  tensor: GgufTensor,
  order: RowOrder,
  headDimension: number,
  kept: boolean,
): () => AsyncIterable<Uint8Array> {
  const [rows = 0] = tensor.shape;
  const headRows = order.kind === 'grouped' ? 3 * headDimension : headDimension;
  const { heads } = order;
  if (rows !== heads * headRows || !fitsRowOrder(order, rows))
    throw ggufParseError(
      file.path,
      `gives tensor "${tensor.name}" ${rows} rows where ${heads} heads of ${headDimension} need ${heads * headRows}`,
    );
  const { type } = tensor;
  const [rowBytes, rowValues] = [tensor.length / rows, valueCount(tensor) / rows];
  if (rowValues % type.blockValues !== 0 && (headRows * rowValues) % type.blockValues !== 0)
    throw ggufParseError(file.path, `stores tensor "${tensor.name}" as ${type.name}, which cuts its heads apart`);
  return async function* () {
    for (let head = 0; head < rows; head += headRows) {
      const bytes = new Uint8Array(headRows * rowBytes);
      for (const run of consecutiveRows(order, head, head + headRows, rows)) {
        const read = await file.readBytes(tensor, run.first * rowBytes, run.count * rowBytes);
        for (let row = 0; row < run.count; row++)
          bytes.set(read.subarray(row * rowBytes, (row + 1) * rowBytes), ((run.rows[row] ?? 0) - head) * rowBytes);
      }
      if (kept) {
        yield bytes;
        continue;
      }
      const values = new Float32Array(headRows * rowValues);
      type.dequantize(bytes, values);
      yield new Uint8Array(values.buffer);
    }
  };
}

/** Runs of rows that follow each other in the file, with the rows of transformers that they are. */
function consecutiveRows(order: RowOrder, from: number, to: number, rows: number) {
  const places = Array.from({ length: to - from }, (_, index) => ({
    row: from + index,
    inFile: rowInFile(order, from + index, rows),
  })).sort((one, other) => one.inFile - other.inFile);
  const runs: { readonly first: number; count: number; readonly rows: number[] }[] = [];
  for (const { row, inFile } of places) {
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === inFile) {
      last.count++;
      last.rows.push(row);
    } else runs.push({ first: inFile, count: 1, rows: [row] });
  }
  return runs;
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

/** The sum was rounded to float32, so that adding 1 again gives it exactly. */
function lessOne(file: GgufFile, tensor: GgufTensor, name: string): StreamedTensor {
  return {
    name,
    dtype: 'F32',
    shape: tensor.shape,
    async *pieces() {
      for await (const piece of floatPieces(file, tensor)) {
        const { buffer } = piece.map((value) => value - 1);
        yield new Uint8Array(buffer);
      }
    },
  };
}

async function* asBytes(pieces: AsyncIterable<Float32Array>): AsyncGenerator<Uint8Array> {
  for await (const { buffer, byteOffset, byteLength } of pieces) yield new Uint8Array(buffer, byteOffset, byteLength);
}
