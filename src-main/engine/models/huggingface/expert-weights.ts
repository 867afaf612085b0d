import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { decodeMxfp4, mxfp4Bytes } from '../../tensors/mxfp4.ts';
import type { LentTensor, TensorFiles } from '../../tensors/safetensors.ts';
import { corrupt, type TensorInfo, type TensorPlace } from '../../tensors/safetensors-header.ts';
import type { StoredMatrix } from '../../tensors/stored-matrix.ts';
import { transposed } from '../../tensors/transpose.ts';
import type { ModelTensor } from './write-model.ts';

/** A tensor of all experts in one: the module, the linear, and what the tensor holds. */
const fused = /^(?<module>.*\.experts)\.(?<linear>gate_up_proj|down_proj)(?<part>|_bias|_blocks|_scales)$/;
/** The same tensor of one expert, as the files of this module's readers have it. */
const single =
  /^(?<module>.*\.experts)\.(?<index>\d+)\.(?<linear>gate_up_proj|down_proj)\.(?<part>weight|weight_turned|weight_blocks|weight_scales|bias)$/;
/** A linear of an expert in the files of Mixtral and Qwen 3. */
const separate = /^(?<module>.*\.experts\.\d+)\.(?<linear>w1|w2|w3|gate_proj|down_proj|up_proj)\.weight$/;

/**
 * The places of a file's tensors with one entry for each expert in place of those that hold all experts, so that each is read by
 * itself. Weights with a bias beside them are stored [inputs, outputs] (gpt-oss).
 */
export function splitExperts(tensors: ReadonlyMap<string, TensorPlace>): ReadonlyMap<string, TensorPlace> {
  const split = new Map<string, TensorPlace>();
  for (const [name, place] of tensors) {
    const { module, linear, part } = fused.exec(name)?.groups ?? {};
    const [count = 0, ...shape] = place.shape;
    if (module === undefined || linear === undefined || count === 0 || shape.length === 0) {
      split.set(name, place);
      continue;
    }
    const isTurned = part === '' && tensors.has(`${module}.${linear}_bias`);
    const own = isTurned ? 'weight_turned' : part === '' ? 'weight' : part === '_bias' ? 'bias' : `weight${part}`;
    const length = place.length / count;
    for (let index = 0; index < count; index++)
      split.set(`${module}.${index}.${linear}.${own}`, {
        ...place,
        shape,
        length,
        start: place.start + index * length,
      });
  }
  return split;
}

/** Name in the file of a tensor that `splitExperts` made; the name itself of any other. */
export function unsplitName(name: string): string {
  const { module, linear, part } = single.exec(name)?.groups ?? {};
  if (module === undefined || linear === undefined || part === undefined) return name;
  const ending =
    part === 'bias' ? '_bias' : part.startsWith('weight_') && part !== 'weight_turned' ? part.slice(6) : '';
  return `${module}.${linear}${ending}`;
}

/** A tensor that is made of others of the file. */
interface ExpertTensor {
  /** Tensors of the file that this one stands for. */
  readonly parts: readonly string[];
  info(name: string): TensorInfo;
  read(name: string): Promise<HostTensor>;
  /** Absent: the values are made, not read. */
  lend?<Result>(use: (tensor: LentTensor) => Result): Promise<Result>;
  /** Absent: its encoding is not kept. */
  stored?(name: string): StoredMatrix | null;
}

/** A source whose experts are in one form, whatever that of its file. */
interface WithExperts {
  /** Turns tensors to be written into the form of the file. */
  storedForm?(tensors: readonly ModelTensor[]): ModelTensor[];
}

/**
 * A source in which each expert has the weights `gate_up_proj` [2 · inner, hidden] and `down_proj` [hidden, inner] under
 * transformers' names (`mlp.experts.3.gate_up_proj.weight`), whatever their form in the file: linears of their own, parts of a
 * transposed parameter, or MXFP4. A source without experts stays itself.
 */
export function withExperts<Source extends TensorFiles>(source: Source): Source & WithExperts {
  const made = new Map<string, ExpertTensor>();
  for (const name of source.names) {
    const { module = '', linear = '' } = separate.exec(name)?.groups ?? {};
    const { part = '' } = single.exec(name)?.groups ?? {};
    const whole = name.slice(0, -part.length - 1);
    const up = upNames.get(linear);
    if (up !== undefined)
      made.set(`${today(module)}.gate_up_proj.weight`, joined(source, name, `${module}.${up}.weight`));
    else if (linear === 'w2') made.set(`${today(module)}.down_proj.weight`, renamed(source, name));
    else if (part === 'weight_turned') made.set(`${whole}.weight`, turned(source, name));
    else if (part === 'weight_blocks') made.set(`${whole}.weight`, decoded(source, name, `${whole}.weight_scales`));
    else if (linear === '' && today(name) !== name) made.set(today(name), renamed(source, name));
  }
  if (made.size === 0 && !source.names.some((name) => single.test(name))) return source;
  const hidden = new Set([...made.values()].flatMap(({ parts }) => parts));
  return {
    ...source,
    names: [...source.names.filter((name) => !hidden.has(name)), ...made.keys()],
    has: (name) => made.has(name) || (source.has(name) && !hidden.has(name)),
    info: (name) => (made.get(name) ?? source).info(name),
    read: (name) => (made.get(name) ?? source).read(name),
    stored: (name) => (made.get(name) ?? source).stored?.(name) ?? null,
    async lend(name, use) {
      const own = made.get(name);
      if (own === undefined) return source.lend(name, use);
      if (own.lend) return own.lend(use);
      const tensor = await own.read(name);
      return use({ ...tensor, finite: tensor.data.every(Number.isFinite) });
    },
    storedForm: (tensors) => storedForm(tensors, made, source),
  };
}

const upNames: ReadonlyMap<string, string> = new Map([
  ['w1', 'w3'],
  ['gate_proj', 'up_proj'],
]);

/** Transformers 4 calls Mixtral's mixture block_sparse_moe. */
function today(name: string): string {
  return name.replace('.block_sparse_moe.', '.mlp.');
}

function renamed(source: TensorFiles, name: string): ExpertTensor {
  return {
    parts: [name],
    info: () => source.info(name),
    read: () => source.read(name),
    lend: (use) => source.lend(name, use),
    stored: () => source.stored?.(name) ?? null,
  };
}

/** The rows of two matrices, one below the other. */
function joined(source: TensorFiles, first: string, second: string): ExpertTensor {
  const info = () => {
    const [one, other] = [source.info(first), source.info(second)];
    if (one.shape.join() === other.shape.join()) return { ...one, shape: joinedShape(one.shape) };
    throw new StudioError(
      'invalid_file',
      `${source.path}: the experts' tensors "${first}" [${one.shape.join(', ')}] and "${second}" [${other.shape.join(', ')}] differ in shape.`,
      'Copy or download the model again: it seems damaged.',
    );
  };
  return {
    parts: [first, second],
    info,
    async read() {
      const { shape } = info();
      const [one, other] = [await source.read(first), await source.read(second)];
      const data = new Float32Array(one.data.length + other.data.length);
      data.set(one.data);
      data.set(other.data, one.data.length);
      return { shape, data };
    },
    stored() {
      const [one, other] = [source.stored?.(first) ?? null, source.stored?.(second) ?? null];
      if (one === null || other === null || one.encoding !== other.encoding) return null;
      const [rows, columns] = one.shape;
      return {
        shape: [rows + other.shape[0], columns],
        encoding: one.encoding,
        byteLength: one.byteLength + other.byteLength,
        async *pieces() {
          yield* one.pieces();
          yield* other.pieces();
        },
      };
    },
  };
}

function joinedShape([rows = 0, ...others]: readonly number[]): number[] {
  return [2 * rows, ...others];
}

/** A matrix that is stored [inputs, outputs]. */
function turned(source: TensorFiles, name: string): ExpertTensor {
  return {
    parts: [name],
    info: () => {
      const { dtype, shape } = source.info(name);
      return { dtype, shape: shape.toReversed() };
    },
    read: async () => transposed(await source.read(name)),
  };
}

/** A matrix in MXFP4, which has the precision of BF16 once it is decoded. */
function decoded(source: TensorFiles, blocks: string, scales: string): ExpertTensor {
  const info = () => {
    const [rows = 0, groups = 0, bytes = 0] = source.info(blocks).shape;
    const given = source.info(scales).shape;
    const isWhole = bytes === mxfp4Bytes && given.join() === [rows, groups].join();
    if (isWhole && source.info(blocks).dtype === 'U8') return { dtype: 'BF16', shape: [rows, 2 * groups * bytes] };
    const [codes, exponents] = [unsplitName(blocks), unsplitName(scales)];
    throw corrupt(
      source.path,
      `has no scale for each MXFP4 block of 32 values: "${codes}" and "${exponents}" do not match`,
    );
  };
  return {
    parts: [blocks, scales],
    info,
    async read() {
      const { shape } = info();
      const [codes, exponents] = [await source.read(blocks), await source.read(scales)];
      return { shape, data: decodeMxfp4(codes.data, exponents.data) };
    },
  };
}

/**
 * The tensors of a model, which a source with experts has one by one, as the file of the source has them: experts' linears apart,
 * or the weights of all experts in one tensor. Such a tensor is [experts, inputs, outputs] if it has a bias.
 */
function storedForm(
  tensors: readonly ModelTensor[],
  made: ReadonlyMap<string, ExpertTensor>,
  source: Pick<TensorFiles, 'has'>,
): ModelTensor[] {
  const partOf = (name: string) => {
    const own = made.get(name)?.parts[0] ?? name;
    // Qwen's files have the second linear of an expert under its name here.
    const sibling = own.replace('.down_proj.', '.gate_proj.');
    return sibling !== own && source.has(sibling) ? null : parameterOf(own);
  };
  const stacks = Map.groupBy(tensors, ({ name }) => partOf(name));
  const all = new Set(tensors.map(({ name }) => name));
  return tensors.flatMap((tensor): ModelTensor[] => {
    const { name } = tensor;
    const [first, second] = made.get(name)?.parts ?? [];
    const parameter = partOf(name);
    if (parameter !== null) {
      const stack = stacks.get(parameter) ?? [];
      const isTurned = name.endsWith('.weight') && all.has(name.replace(/\.weight$/, '.bias'));
      return stack[0] === tensor ? [stacked(parameter, stack, isTurned)] : [];
    }
    if (first === undefined) return [tensor];
    return second === undefined ? [{ ...tensor, name: first }] : halves(tensor, [first, second]);
  });
}

/** Name of the tensor of all experts that a tensor of one is a part of; null: of none. */
function parameterOf(name: string): string | null {
  const { module, linear, part } = single.exec(name)?.groups ?? {};
  return module === undefined ? null : `${module}.${linear}${part === 'bias' ? '_bias' : ''}`;
}

/** Matrices or vectors of one shape in one tensor. */
function stacked(name: string, tensors: readonly ModelTensor[], isTurned: boolean): ModelTensor {
  const [{ dtype, shape } = { dtype: 'F32' as const, shape: [] }] = tensors;
  const own = isTurned ? shape.toReversed() : shape;
  return {
    name,
    dtype,
    shape: [tensors.length, ...own],
    async make() {
      const size = elementCount(own);
      const data = new Float32Array(tensors.length * size);
      for (const [index, tensor] of tensors.entries()) {
        const made = await tensor.make();
        data.set((isTurned ? transposed(made) : made).data, index * size);
      }
      return { shape: [tensors.length, ...own], data };
    },
  };
}

/** The upper and the lower rows of a matrix, which is made once. */
function halves(tensor: ModelTensor, names: readonly [string, string]): ModelTensor[] {
  let made: Promise<HostTensor> | null = null;
  const [rows = 0, ...others] = tensor.shape;
  const shape = [rows / 2, ...others];
  return names.map((name, index) => ({
    ...tensor,
    name,
    shape,
    async make() {
      made ??= tensor.make();
      const { data } = await made;
      if (index === 1) made = null;
      return { shape, data: data.slice((index * data.length) / 2, ((index + 1) * data.length) / 2) };
    },
  }));
}
