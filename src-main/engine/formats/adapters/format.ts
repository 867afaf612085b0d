import type { AdapterConversion } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import type { ModelConfigFile } from '../../models/family.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/** An adapter's file or folder, with what tells formats apart; tensors are not read for it. */
export interface AdapterSource {
  readonly path: string;
  /** Names of the files of a folder; null of a file. */
  readonly entries: readonly string[] | null;
  /** Names of the tensors of a safetensors file; empty of all else. */
  readonly keys: readonly string[];
}

/** A base of the studio, which a format may ask for the names of modules or for its shape. */
export interface KnownBase {
  readonly description: ModelDescription;
  readonly config: ModelConfigFile | null;
  /** Reads the weight [outFeatures, inFeatures] of a module; absent where the weights are not at hand. */
  readonly weight?: (module: string) => Promise<HostTensor>;
}

export interface ReadAdapter {
  readonly state: AdapterState;
  /** Description of the base, as far as the file contains it: its modules, and the facts in `foreign`. */
  readonly description: ModelDescription;
  /** Sentence on a conversion by the reader, without a full stop; absent: the adapter is unchanged. */
  readonly note?: string;
  /** Errors of a conversion to LoRA by the reader; absent: there was none. */
  readonly conversion?: AdapterConversion;
}

/** Options of a reading, for formats that convert kinds of adapters to LoRA. */
export interface ReadOptions {
  /** Highest rank of a module after the conversion. */
  readonly rank?: number;
  /** Values that are decomposed at most; a reading that needs more throws LongConversion. Default: no limit. */
  readonly entries?: number;
  /** Called after each converted module. */
  readonly onModule?: (done: number, total: number) => Promise<void>;
}

export interface WrittenAdapter {
  readonly state: AdapterState;
  readonly description: ModelDescription;
  /** Display name of the adapter. */
  readonly name: string;
  /** config.json of the base, where that is in the studio. */
  readonly config: ModelConfigFile | null;
}

/** A format in which people hold adapters: one file declares it, `index.ts` lists it. */
export interface AdapterFormat {
  readonly id: string;
  readonly label: string;
  readonly summary: string;
  readonly makes: 'file' | 'folder';
  /** File extension, without the dot. */
  readonly extension?: string;
  /** Ids of the variants that it has a place for; others are refused, or become plain LoRA where their update is B·A. */
  readonly kinds: readonly string[];
  recognize(source: AdapterSource): boolean;
  /** @throws StudioError invalid_file or refused, naming the file and the tensor or key. */
  read(source: AdapterSource, bases: readonly KnownBase[], options?: ReadOptions): Promise<ReadAdapter>;
  /** Writes atomically. @throws StudioError refused, naming what the format has no place for. */
  write(path: string, adapter: WrittenAdapter): Promise<void>;
}
