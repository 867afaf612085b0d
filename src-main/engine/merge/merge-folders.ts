import { type AdapterSink, streamAdapter } from '../adapters/peft/adapter-folder.ts';
import {
  notFinite,
  type OpenAdapter,
  openAdapter,
  readSaved,
  type StoredTensor,
} from '../adapters/peft/open-adapter.ts';
import { elementCount, type HostTensor } from '../tensors/host-tensor.ts';
import { arenaFloats, FloatArena } from '../tensors/staging.ts';
import type { LowRankUpdate } from './merge-method.ts';
import { type MergeRequest, planMerge, runMerge } from './run-merge.ts';

/**
 * Merges PEFT folders into a new one, module by module: in memory are the tensors of two modules of each adapter and what is made
 * of them, the one being written while the other is read and merged.
 *
 * @throws StudioError refused with the first check that does not pass; invalid_file naming the file and the tensor.
 */
export async function mergeFolders(
  request: MergeRequest,
  directories: readonly string[],
  outputDirectory: string,
): Promise<void> {
  const { description } = request.base;
  const adapters: OpenAdapter[] = [];
  try {
    for (const directory of directories) adapters.push(await openAdapter(directory, description));
    const outlines = adapters.map(({ outline }) => outline);
    const plan = planMerge(request, outlines);
    const names = { modules: plan.modules, saved: plan.savedNames };
    await streamAdapter(outputDirectory, description, names, async (sink) => {
      const turns = new ModuleTurns(adapters, sink);
      const described = await runMerge(plan, request, {
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
      return described;
    });
  } finally {
    for (const adapter of adapters) await adapter.close();
  }
}

/**
 * Reads modules and writes what they come to. Two arenas take turns, each with the tensors of one module and its result: while
 * one is written, the next module is read into the other.
 */
class ModuleTurns {
  private readonly adapters: readonly OpenAdapter[];
  private readonly sink: AdapterSink;
  private arena = new FloatArena();
  private other = new FloatArena();
  private writing: Promise<void> = Promise.resolve();

  constructor(adapters: readonly OpenAdapter[], sink: AdapterSink) {
    this.adapters = adapters;
    this.sink = sink;
  }

  async read(name: string, places: readonly number[]): Promise<LowRankUpdate[]> {
    const parts = places.map((place) => {
      const { outline, file } = present(this.adapters[place], name);
      return { file, factors: present(outline.modules.get(name), name) };
    });
    const floats = parts.reduce((total, { factors }) => total + count(factors.a) + count(factors.b), 0);
    [this.arena, this.other] = [this.other, this.arena];
    // Most results are no larger than what they are made of.
    const fits = 2 * floats <= arenaFloats;
    this.arena.reserve(fits ? 2 * floats : 0, 4 * parts.length);
    const updates: LowRankUpdate[] = [];
    for (const { file, factors } of parts) {
      const read = async ({ key }: StoredTensor): Promise<HostTensor> => {
        const tensor = fits ? await file.stage(key, this.arena) : await file.lend(key, copied);
        if (!tensor.finite) throw notFinite(file.path, key);
        return tensor;
      };
      const { rank, scaling } = factors;
      updates.push({ a: await read(factors.a), b: await read(factors.b), rank, scaling });
    }
    return updates;
  }

  allocate(length: number): Float32Array {
    return this.arena.allocate(length) ?? new Float32Array(length);
  }

  /** Resolves when the module before was written; this one is from then on. */
  async write(name: string, update: LowRankUpdate): Promise<void> {
    await this.writing;
    this.writing = this.sink.module(name, update);
    // What fails is told by the next call, which waits for this one.
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
