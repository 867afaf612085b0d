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
 * Merges PEFT folders into a new one, module by module: in memory are the tensors of two modules of each adapter and two
 * results, of which one is being written while the other is made.
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
      const writer = new OverlappedWriter(sink);
      const reader = new ModuleReader(adapters);
      const described = await runMerge(plan, request, {
        sources: adapters.map(({ outline, file }) => ({
          input: outline,
          saved: async (name) => readSaved(file, present(outline.saved.get(name), name)),
        })),
        updates: (name, places) => reader.read(name, places),
        allocate: (length) => writer.allocate(length),
        module: (name, update) => writer.module(name, update),
        savedTensor: async (name, tensor) => {
          await writer.finish();
          await sink.saved(name, tensor);
        },
      });
      await writer.finish();
      return described;
    });
  } finally {
    for (const adapter of adapters) await adapter.close();
  }
}

/** Reads one module of several adapters into memory that the module after the next takes over: a result may be part of it. */
class ModuleReader {
  private readonly adapters: readonly OpenAdapter[];
  private arena = new FloatArena();
  private previous = new FloatArena();

  constructor(adapters: readonly OpenAdapter[]) {
    this.adapters = adapters;
  }

  async read(name: string, places: readonly number[]): Promise<LowRankUpdate[]> {
    const parts = places.map((place) => {
      const { outline, file } = present(this.adapters[place], name);
      return { file, factors: present(outline.modules.get(name), name) };
    });
    const floats = parts.reduce((total, { factors }) => total + count(factors.a) + count(factors.b), 0);
    const inArena = floats <= arenaFloats;
    [this.arena, this.previous] = [this.previous, this.arena];
    if (inArena) this.arena.reserve(floats, 2 * parts.length);
    const updates: LowRankUpdate[] = [];
    for (const { file, factors } of parts) {
      const read = async ({ key }: StoredTensor): Promise<HostTensor> => {
        const tensor = inArena ? await file.stage(key, this.arena) : await file.lend(key, copied);
        if (!tensor.finite) throw notFinite(file.path, key);
        return tensor;
      };
      const { rank, scaling } = factors;
      updates.push({ a: await read(factors.a), b: await read(factors.b), rank, scaling });
    }
    return updates;
  }
}

/** Writes a module while the next one is merged. Results are made in two sets of memory that take turns. */
class OverlappedWriter {
  private readonly sink: AdapterSink;
  private writing: Promise<void> = Promise.resolve();
  private spare: Float32Array[] = [];
  private taken: Float32Array[] = [];
  private inWriting: Float32Array[] = [];

  constructor(sink: AdapterSink) {
    this.sink = sink;
  }

  allocate(length: number): Float32Array {
    const at = this.spare.findIndex((buffer) => buffer.length >= length);
    const [buffer = new Float32Array(length)] = at < 0 ? [] : this.spare.splice(at, 1);
    this.taken.push(buffer);
    return buffer.subarray(0, length);
  }

  async module(name: string, update: LowRankUpdate): Promise<void> {
    await this.writing;
    this.spare = this.inWriting;
    this.inWriting = this.taken;
    this.taken = [];
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
