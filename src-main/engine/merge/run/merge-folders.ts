import type { Mergeability } from '../../../../src-shared/domain/merging/mergeability.ts';
import type { UpdateProducts } from '../../../../src-shared/domain/merging/update-products.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { type AdapterSink, streamAdapter, writeAdapter } from '../../adapters/peft/adapter-folder.ts';
import { AdapterReader } from '../../adapters/peft/adapter-reader.ts';
import {
  type AdapterOutline,
  notFinite,
  type OpenAdapter,
  readModule,
  readSaved,
  readShared,
  type StoredTensor,
} from '../../adapters/peft/open-adapter.ts';
import { findLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import { withShared } from '../../adapters/variant/variant.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { arenaFloats, FloatArena } from '../../tensors/staging.ts';
import { type MergeabilityRequest, mergeability } from '../checks/mergeability.ts';
import { checkVariant } from '../checks/preflight.ts';
import { type ProductsRequest, updateProducts } from '../checks/update-products.ts';
import { type LowRankUpdate, type MergedUpdate, refuseIllegal, updateOf } from '../merge-method.ts';
import { mergeStates } from './merge-states.ts';
import { type MergeReport, type MergeRequest, planMerge, runMerge } from './run-merge.ts';
import { wholeMergeOf } from './whole-states.ts';

/**
 * Merges PEFT folders into a new one, module by module: memory holds the tensors of two modules of each adapter and
 * their merges, one being written while the other is read and merged.
 *
 * @param reader the reader of a request that needs the adapters again. Default: one that keeps nothing.
 * @returns what the merge reports beside its tensors
 * @throws StudioError refused with the first failed check; invalid_file naming the file and the tensor.
 */
export function mergeFolders(
  request: MergeRequest,
  directories: readonly string[],
  outputDirectory: string,
  reader?: AdapterReader,
): Promise<MergeReport> {
  const { description } = request.base;
  return withAdapters(directories, description, reader, async (adapters, opened) => {
    const outlines = adapters.map(({ outline }) => outline);
    if (wholeMergeOf(request.method, outlines) !== null)
      return mergeWhole(request, directories, outputDirectory, opened);
    const plan = planMerge(request, outlines);
    const names = { modules: plan.modules, saved: plan.savedNames };
    const reports: MergeReport[] = [];
    await streamAdapter(outputDirectory, description, names, async (sink) => {
      const turns = new ModuleTurns(adapters, description, sink);
      const report = await runMerge(plan, request, {
        sources: adapters.map(({ outline, file }) => ({
          input: outline,
          saved: async (name) => readSaved(file, present(outline.saved.get(name), name)),
        })),
        updates: (name, places) => turns.read(name, places),
        allocate: (length) => turns.allocate(length),
        module: (name, update) => turns.write(name, update),
        savedTensor: async (name, tensor) => {
          await turns.finish();
          await sink.saved(name, tensor);
        },
      });
      await turns.finish();
      reports.push(report);
      return report.description;
    });
    return present(reports[0], 'a report');
  });
}

/** Runs `use` on opened adapters, which are closed at its end unless the reader is the caller's. */
async function withAdapters<Result>(
  directories: readonly string[],
  description: ModelDescription,
  given: AdapterReader | undefined,
  use: (adapters: readonly OpenAdapter[], reader: AdapterReader) => Promise<Result>,
): Promise<Result> {
  const reader = given ?? new AdapterReader(description, 0);
  try {
    const adapters: OpenAdapter[] = [];
    for (const directory of directories) adapters.push(await reader.open(directory));
    return await use(adapters, reader);
  } finally {
    if (given === undefined) await reader.close();
  }
}

/** Merges adapters that must be in memory as a whole. */
async function mergeWhole(
  request: MergeRequest,
  directories: readonly string[],
  outputDirectory: string,
  reader: AdapterReader,
): Promise<MergeReport> {
  const { description } = request.base;
  const states: AdapterState[] = [];
  for (const directory of directories) states.push(await reader.read(directory));
  const merged = await mergeStates(request, states);
  const baseModelName = merged.config.base_model_name_or_path ?? description.architecture;
  await writeAdapter(outputDirectory, merged, { description, baseModelName });
  return { description: merged, notes: [] };
}

/**
 * Compares PEFT folders that are to be merged, module by module.
 * @throws StudioError invalid_file naming the file and the tensor; refused where a variant's ΔW is not B·A.
 */
export function compareFolders(
  directories: readonly string[],
  request: Omit<MergeabilityRequest, 'inputs' | 'updates'>,
): Promise<Mergeability> {
  const { description } = request;
  return withAdapters(directories, description, undefined, async (adapters) => {
    const inputs = adapters.map(({ outline }) => outline);
    refuseIllegal([checkVariant(inputs, request.names, true)]);
    const reader = new ModuleReader(adapters, description);
    return mergeability({ ...request, inputs, updates: (name, places) => reader.read(name, places) });
  });
}

/**
 * Inner products of the updates in PEFT folders.
 * @throws StudioError invalid_file naming the file and the tensor; refused where a variant's ΔW is not B·A.
 */
export function productsOfFolders(
  directories: readonly string[],
  request: Pick<ProductsRequest, 'description' | 'onModule'> & { readonly names: readonly string[] },
): Promise<UpdateProducts> {
  const { description } = request;
  return withAdapters(directories, description, undefined, async (adapters) => {
    const inputs = adapters.map(({ outline }) => outline);
    refuseIllegal([checkVariant(inputs, request.names, true)]);
    const reader = new ModuleReader(adapters, description);
    return updateProducts({ ...request, inputs, updates: (name, places) => reader.read(name, places) });
  });
}

/**
 * Reads modules of adapters. Two arenas alternate, each with the tensors of one module and its result: while one is
 * written, the next module is read into the other.
 */
class ModuleReader {
  private readonly adapters: readonly OpenAdapter[];
  private readonly description: ModelDescription;
  /** Shared tensors of an adapter, read once, by the adapter's index. */
  private readonly shared = new Map<number, ReadonlyMap<string, HostTensor>>();
  private arena = new FloatArena();
  private other = new FloatArena();

  constructor(adapters: readonly OpenAdapter[], description: ModelDescription) {
    this.adapters = adapters;
    this.description = description;
  }

  async read(name: string, places: readonly number[]): Promise<LowRankUpdate[]> {
    const module = present(findLinear(this.description, name) ?? undefined, name);
    const parts = places.map((place) => {
      const { outline, file } = present(this.adapters[place], name);
      return { place, file, outline, own: present(outline.modules.get(name), name) };
    });
    const stored = parts.flatMap(({ own }) => [...own.tensors.values()]);
    const floats = stored.reduce((total, tensor) => total + count(tensor), 0);
    [this.arena, this.other] = [this.other, this.arena];
    // Most results are no larger than their inputs.
    const fits = 2 * floats <= arenaFloats;
    this.arena.reserve(fits ? 2 * floats : 0, 2 * stored.length);
    const updates: LowRankUpdate[] = [];
    for (const { place, file, outline, own } of parts) {
      const read = async ({ key, shape }: StoredTensor): Promise<HostTensor> => {
        const tensor = fits ? await file.stage(key, this.arena) : await file.lend(key, copied);
        if (!tensor.finite) throw notFinite(file.path, key);
        return { shape, data: tensor.data };
      };
      const { rank, scaling, tensors } = await readModule(own, read);
      const shared = await this.sharedOf(place, outline, file);
      updates.push(updateOf(outline.variant, withShared(module, { rank, scaling, tensors }, { ...outline, shared })));
    }
    return updates;
  }

  private async sharedOf(
    place: number,
    outline: AdapterOutline,
    file: OpenAdapter['file'],
  ): Promise<ReadonlyMap<string, HostTensor>> {
    const known = this.shared.get(place);
    if (known) return known;
    const read = await readShared({ outline, file }, this.description);
    this.shared.set(place, read);
    return read;
  }

  allocate(length: number): Float32Array {
    return this.arena.allocate(length) ?? new Float32Array(length);
  }
}

/** Reads modules and writes their merges. */
class ModuleTurns extends ModuleReader {
  private readonly sink: AdapterSink;
  private writing: Promise<void> = Promise.resolve();

  constructor(adapters: readonly OpenAdapter[], description: ModelDescription, sink: AdapterSink) {
    super(adapters, description);
    this.sink = sink;
  }

  /** Resolves when the previous module is written; then this one is being written. */
  async write(name: string, update: MergedUpdate): Promise<void> {
    await this.writing;
    this.writing = this.sink.module(name, update);
    // A failure is thrown by the next call, which waits for this one.
    this.writing.catch(() => undefined);
  }

  async finish(): Promise<void> {
    await this.writing;
  }
}

function copied(tensor: HostTensor & { readonly finite: boolean }) {
  return { ...tensor, data: tensor.data.slice() };
}

function count({ shape }: StoredTensor): number {
  return elementCount(shape);
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`an adapter to merge lacks ${name}`);
  return value;
}
