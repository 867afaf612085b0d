import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { LentTensor, SafetensorsFile } from '../../tensors/safetensors.ts';
import type { FloatArena } from '../../tensors/staging.ts';
import { findLinear } from '../targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import { readWhole } from './adapter-folder.ts';
import {
  type AdapterOutline,
  type OpenAdapter,
  openAdapter,
  readModule,
  readSaved,
  readStored,
} from './open-adapter.ts';

/** Default limit of the tensors that a reader keeps of adapters that no caller holds as a whole. */
const keptBytes = 256 * 2 ** 20;

interface Held {
  readonly adapter: OpenAdapter;
  readonly tensors: KeptTensors;
  state: Promise<AdapterState> | null;
}

/**
 * Reads the adapters of one request. A folder is opened once. A tensor is read once if it belongs to a state of `read`, or while
 * the kept tensors fit the limit; beyond the limit, a tensor is read again each time it is needed.
 */
export class AdapterReader {
  private readonly description: ModelDescription;
  private readonly held = new Map<string, Promise<Held>>();
  private readonly budget: Budget;

  /** @param limit bytes of tensors that stay in memory beside the states of `read` */
  constructor(description: ModelDescription, limit = keptBytes) {
    this.description = description;
    this.budget = { free: limit };
  }

  /** Opens a folder as `openAdapter` does. The reader closes it. */
  async open(directory: string): Promise<OpenAdapter> {
    return (await this.hold(directory)).adapter;
  }

  async outline(directory: string): Promise<AdapterOutline> {
    return (await this.open(directory)).outline;
  }

  /** The whole adapter, which stays in memory until `release`. Its tensors must not be changed. */
  async read(directory: string): Promise<AdapterState> {
    const held = await this.hold(directory);
    held.tensors.keepsAll = true;
    held.state ??= readWhole(held.adapter, this.description);
    return held.state;
  }

  /** The adapter with its task head alone: the tensors saved whole, and the low-rank updates of the classifier. */
  async readHead(directory: string): Promise<AdapterState> {
    const { outline, file } = await this.open(directory);
    const { variant, parameters, config, coto, labels } = outline;
    const modules = new Map<string, ModuleState>();
    for (const [name, placed] of outline.modules)
      if (findLinear(this.description, name)?.isHead === true)
        modules.set(name, await readModule(placed, (tensor) => readStored(file, tensor)));
    const saved = new Map<string, HostTensor>();
    for (const [name, placed] of outline.saved) saved.set(name, await readSaved(file, placed));
    return { variant, parameters, config, coto, labels, modules, shared: new Map(), saved, biases: new Map() };
  }

  /** Closes a folder and frees its tensors. A later call opens it again. */
  async release(directory: string): Promise<void> {
    const held = this.held.get(directory);
    this.held.delete(directory);
    // An adapter that could not be opened has nothing to free.
    const opened = await held?.catch(() => null);
    opened?.tensors.free();
    await opened?.adapter.close();
  }

  async close(): Promise<void> {
    for (const directory of [...this.held.keys()]) await this.release(directory);
  }

  private hold(directory: string): Promise<Held> {
    const known = this.held.get(directory) ?? this.openNew(directory);
    this.held.set(directory, known);
    return known;
  }

  private async openNew(directory: string): Promise<Held> {
    const adapter = await openAdapter(directory, this.description);
    const tensors = new KeptTensors(this.budget);
    return { adapter: { ...adapter, file: keepingFile(adapter.file, tensors) }, tensors, state: null };
  }
}

/** Bytes that all adapters of a reader may still keep. */
interface Budget {
  free: number;
}

/** The tensors of one file that stay in memory. */
class KeptTensors {
  /** Keeps every tensor, whatever the budget: its state is in memory anyway. */
  keepsAll = false;
  private readonly budget: Budget;
  private readonly tensors = new Map<string, LentTensor>();
  private counted = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  get(name: string): LentTensor | undefined {
    return this.tensors.get(name);
  }

  /** Keeps a tensor if there is room. @param copy whether its memory belongs to somebody else */
  add(name: string, tensor: LentTensor, copy: boolean): void {
    const { byteLength } = tensor.data;
    if (!this.keepsAll) {
      if (byteLength > this.budget.free) return;
      this.budget.free -= byteLength;
      this.counted += byteLength;
    }
    this.tensors.set(name, copy ? { ...tensor, data: tensor.data.slice() } : tensor);
  }

  free(): void {
    this.budget.free += this.counted;
    this.counted = 0;
    this.tensors.clear();
  }
}

/** A file whose tensors come from `kept` once they are there. */
function keepingFile(file: SafetensorsFile, kept: KeptTensors): SafetensorsFile {
  const keep = <Tensor extends LentTensor>(name: string, tensor: Tensor, copy: boolean): Tensor => {
    kept.add(name, tensor, copy);
    return tensor;
  };
  return {
    ...file,
    async read(name) {
      const known = kept.get(name);
      if (known) return known;
      const tensor = await file.read(name);
      return keep(name, { ...tensor, finite: tensor.data.every(Number.isFinite) }, false);
    },
    async lend(name, use) {
      const known = kept.get(name);
      return known ? use(known) : file.lend(name, (tensor) => use(keep(name, tensor, true)));
    },
    async stage(name, arena) {
      const known = kept.get(name);
      return known ? inArena(known, arena) : keep(name, await file.stage(name, arena), true);
    },
  };
}

/** The tensor in an arena, whose kernels are fast; the tensor itself where the arena has no room for its values. */
function inArena(tensor: LentTensor, arena: FloatArena): LentTensor {
  const data = tensor.data instanceof Float32Array ? arena.allocate(tensor.data.length) : null;
  data?.set(tensor.data);
  return data ? { ...tensor, data } : tensor;
}
