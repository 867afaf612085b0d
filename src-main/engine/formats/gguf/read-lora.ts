import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ForeignBase } from '../../../../src-shared/domain/models/model.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { transposed } from '../../tensors/transpose.ts';
import { type CollectedModule, collectModules, finite, incompleteHint } from '../adapters/collect-modules.ts';
import type { KnownBase, ReadAdapter } from '../adapters/format.ts';
import type { GgufArchitecture, NamedModule } from './architectures/architecture.ts';
import { ggufArchitectures } from './architectures/index.ts';
import { shortest } from './architectures/shortest.ts';
import { type GgufFile, openGguf } from './gguf-file.ts';
import { baseNameKey, exactAlphaKey, headsKey, headsOfConfig, keyValueHeadsKey } from './lora-file.ts';
import { ggufParseError } from './parse-error.ts';
import { fitsRowOrder, hasRowOrder, type RowOrder, rowInFile, rowOrderOf } from './row-order.ts';
import { readTensor } from './tensor-values.ts';

/**
 * Reads an adapter of llama.cpp. Names and rows become those of transformers where the architecture is known, and, for Llama's, its
 * heads: of a base of the studio that has these modules, or from the file's metadata. Else they stay llama.cpp's.
 * @throws StudioError invalid_file or refused, naming the file and the tensor or key.
 */
export async function readGgufLora(path: string, bases: readonly KnownBase[]): Promise<ReadAdapter> {
  const file = await openGguf(path);
  try {
    const { metadata } = file;
    refuseOthers(file);
    const id = metadata.text('general.architecture');
    const pairs = factorPairs(file);
    const [first = null, ...others] = ggufArchitectures.filter((one) => one.id === id);
    // Several families share an architecture: the base tells them apart.
    const fitting = [first, ...others].find((one) => one && fittingBase(one, pairs, bases));
    const architecture = fitting ?? first;
    const base = fitting ? fittingBase(fitting, pairs, bases) : null;
    const heads = (base && headsOfConfig(base.config)) ?? headsOfMetadata(file);
    const usual = alphaOf(file);
    const collected: CollectedModule[] = [];
    for (const [name, keys] of pairs) {
      const place = architecture === null ? null : placeOf(architecture, name);
      const isRenamed =
        architecture !== null && place !== null && (heads !== null || !architecture.layerModules.some(hasRowOrder));
      const [a, b] = [await factor(file, keys.a), await factor(file, keys.b)];
      const isEmbedding = name === 'token_embd';
      const order = isRenamed && heads !== null ? rowOrderOf(place.module.rearranged, heads) : null;
      const tensors = new Map([
        // llama.cpp stores an embedding's A by rows of the table.
        ['a', isEmbedding ? transposed(a) : a],
        ['b', order === null ? b : inOrder(file.path, keys.b, b, order)],
      ]);
      const rank = tensors.get('a')?.shape[0] ?? 0;
      const kind = isEmbedding ? 'embedding' : 'linear';
      collected.push({
        name: isRenamed ? place.name : name,
        kind,
        tensors,
        rank,
        scaling: usual === 0 ? 1 : usual / rank,
      });
    }
    const foreign: ForeignBase = {
      name: metadata.text(baseNameKey),
      hash: null,
      architecture: id,
      ...(heads ? { heads } : {}),
    };
    return collectModules(path, 'lora', collected, foreign);
  } finally {
    await file.close();
  }
}

function refuseOthers({ path, metadata }: GgufFile): void {
  const type = metadata.text('general.type');
  if (type !== 'adapter')
    throw new StudioError(
      'refused',
      `${path} contains a ${type ?? 'model'}, not an adapter.`,
      'A model is added on the Models page (coto models add).',
    );
  const kind = metadata.text('adapter.type');
  const isActivated = metadata.has('adapter.alora.invocation_tokens');
  if (kind === 'lora' && !isActivated) return;
  throw new StudioError(
    'refused',
    `${path} contains an adapter of the kind "${isActivated ? 'alora' : kind}".`,
    'LoRA adapters of llama.cpp are read.',
  );
}

/** alpha as it was meant; 0 stands for a scale of 1. */
function alphaOf({ path, metadata }: GgufFile): number {
  const stored = metadata.number('adapter.lora.alpha') ?? 0;
  if (stored < 0) throw ggufParseError(path, `has the alpha ${stored}`);
  const exact = Number(metadata.text(exactAlphaKey) ?? Number.NaN);
  return Math.fround(exact) === Math.fround(stored) ? exact : shortest(stored);
}

interface Pair {
  a: string;
  b: string;
}

/** The names of both factors, by the name of the module. */
function factorPairs({ path, tensors }: GgufFile): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const key of tensors.keys()) {
    const [, name, part] = /^(.+)\.weight\.lora_([ab])$/.exec(key) ?? [];
    if (name === undefined) throw ggufParseError(path, `has the tensor "${key}", which is no factor of an adapter`);
    const pair = pairs.get(name) ?? { a: '', b: '' };
    pairs.set(name, part === 'a' ? { ...pair, a: key } : { ...pair, b: key });
  }
  for (const [name, { a, b }] of pairs)
    if (a === '' || b === '') throw ggufParseError(path, `has only one factor of "${name}.weight"`);
  return pairs;
}

async function factor(file: GgufFile, key: string): Promise<HostTensor> {
  const shape = file.tensors.get(key)?.shape ?? [];
  if (shape.length !== 2)
    throw new StudioError('invalid_file', `${file.path}: ${key} has ${shape.length} axes, not 2.`, incompleteHint);
  return finite(file.path, key, await readTensor(file, key));
}

function placeOf(
  { layersPrefix, layerModules, otherModules }: GgufArchitecture,
  name: string,
): { name: string; module: NamedModule } | null {
  const [, layer, own] = /^blk\.(\d+)\.(.+)$/.exec(name) ?? [];
  const module = (layer === undefined ? otherModules : layerModules).find(({ gguf }) => gguf === (own ?? name));
  if (module === undefined) return null;
  return {
    name: layer === undefined ? module.transformers : `${layersPrefix}.${layer}.${module.transformers}`,
    module,
  };
}

function fittingBase(
  architecture: GgufArchitecture,
  pairs: ReadonlyMap<string, Pair>,
  bases: readonly KnownBase[],
): KnownBase | null {
  const names = [...pairs.keys()].map((name) => placeOf(architecture, name)?.name ?? '');
  const fits = ({ description }: KnownBase) =>
    architecture.modelTypes.includes(description.family) &&
    names.every((name) => findLinear(description, name) !== null);
  return bases.find(fits) ?? null;
}

type Heads = NonNullable<ForeignBase['heads']>;

function headsOfMetadata({ metadata }: GgufFile): Heads | null {
  const queries = metadata.count(headsKey);
  if (queries === null || queries === 0) return null;
  return { queries, keyValues: metadata.count(keyValueHeadsKey) || queries };
}

/** Rows in transformers' order. */
function inOrder(path: string, key: string, { shape, data }: HostTensor, order: RowOrder): HostTensor {
  const [rows = 0, columns = 0] = shape;
  if (!fitsRowOrder(order, rows))
    throw new StudioError(
      'invalid_file',
      `${path}: the ${rows} rows of ${key} are not those of ${order.heads} heads.`,
      incompleteHint,
    );
  const ordered = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const source = rowInFile(order, row, rows);
    for (let column = 0; column < columns; column++)
      ordered[row * columns + column] = data[source * columns + column] ?? 0;
  }
  return { shape, data: ordered };
}
