import path from 'node:path';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../../files/atomic.ts';
import { allFinite } from '../../tensors/float-arrays.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { writeSafetensors } from '../../tensors/safetensors.ts';
import { writeArrivingTensors } from '../../tensors/safetensors-stream.ts';
import { storedType } from '../../tensors/safetensors-values.ts';
import { transposed } from '../../tensors/transpose.ts';
import { partKey } from '../peft-format/tensor-names.ts';
import { findLinear, modulesOf } from '../targets/target-modules.ts';
import type { AdapterDescription, AdapterState, ModuleState } from '../variant/state.ts';
import { isWithoutShared, type LowRankUpdate, type ModuleStrength } from '../variant/variant.ts';
import { lora } from '../variants/lora.ts';
import { fitShared } from '../weights/fit-shared.ts';
import { adapterConfigFile, adapterConfigText, adapterTensorsFile, cotoConfigFile } from './adapter-config.ts';
import { derivePeftConfig } from './derive-config.ts';
import { fusedKeys, fuseExpertFactors } from './expert-factors.ts';
import {
  notFinite,
  type OpenAdapter,
  openAdapter,
  readModule,
  readSaved,
  readShared,
  readStored,
} from './open-adapter.ts';
import { adapterReadme } from './readme.ts';
import { keyPrefix, peftTensors, storedShape } from './tensors.ts';

/** A PEFT folder with all its tensors. @throws what `openAdapter` throws, and invalid_file for numbers that are not finite. */
export async function readAdapter(
  directory: string,
  description: ModelDescription,
  canRebuildResidual = false,
): Promise<AdapterState> {
  const adapter = await openAdapter(directory, description, canRebuildResidual);
  try {
    return await readWhole(adapter, description);
  } finally {
    await adapter.close();
  }
}

/** All tensors of an open adapter. @throws StudioError invalid_file for numbers that are not finite. */
export async function readWhole(
  { outline, file }: Pick<OpenAdapter, 'outline' | 'file'>,
  description: ModelDescription,
): Promise<AdapterState> {
  const modules = new Map<string, ModuleState>();
  for (const [name, placed] of outline.modules)
    modules.set(name, await readModule(placed, (tensor) => readStored(file, tensor)));
  const shared = await readShared({ outline, file }, description);
  const saved = new Map<string, HostTensor>();
  for (const [name, placed] of outline.saved) saved.set(name, await readSaved(file, placed));
  const biases = new Map<string, HostTensor>();
  for (const [name, stored] of outline.biases) biases.set(name, await readStored(file, stored));
  const { variant, parameters, config, coto, labels } = outline;
  return { variant, parameters, config, coto, labels, modules, shared, saved, biases };
}

/**
 * Writes a PEFT folder that PEFT under today's transformers loads, whole or not at all: adapter_config.json,
 * adapter_model.safetensors, coto_config.json (schedule and labels) and README.md.
 */
export async function writeAdapter(
  directory: string,
  given: AdapterState,
  details: { description: ModelDescription; baseModelName: string; readme?: string },
): Promise<void> {
  const { description } = details;
  const shared = fitShared(given, description);
  const state = { ...given, shared };
  const { savedBy } = state.variant.shared ?? {};
  const isLeftOut = isWithoutShared(state.variant, state.parameters) && isDrawnAgain(state, description);
  const written = isLeftOut ? { ...state, shared: new Map<string, HostTensor>() } : state;
  const parameters = savedBy === undefined || isLeftOut ? state.parameters : { ...state.parameters, [savedBy]: true };
  const tensors = peftTensors(written, description);
  await writeFolderAtomic(directory, async (temporary) => {
    await writeSafetensors(path.join(temporary, adapterTensorsFile), tensors);
    await writeDescription(temporary, { ...written, parameters }, details);
  });
}

/** Returns true if redrawing from the modules alone reproduces the shared tensors exactly. */
function isDrawnAgain(state: AdapterState, description: ModelDescription): boolean {
  const drawn = state.variant.shared?.initialize(modulesOf(state, description), state.parameters);
  return [...state.shared].every(([name, { data }]) => {
    const again = drawn?.get(name)?.data;
    return again?.length === data.length && data.every((value, at) => value === again[at]);
  });
}

/** Receiver of a folder that is written module by module. Tensors may be used again when the promise resolves. */
export interface AdapterSink {
  /** `finite` names factors that are known to hold finite numbers only, which are not looked at again. */
  module(
    name: string,
    update: LowRankUpdate & { readonly rank: number; readonly finite?: Readonly<Record<'a' | 'b', boolean>> },
  ): Promise<void>;
  /** A tensor of a module saved whole, [out, in]; an embedding's [in, out]. */
  saved(name: string, tensor: HostTensor): Promise<void>;
}

/**
 * Counterpart of `writeAdapter` for a LoRA adapter (with either scaling) that is never in memory as a whole.
 * @param names all modules and saved tensors that may come.
 * @param write hands everything over, then says the rest.
 * @throws StudioError invalid_file naming a tensor with numbers that are not finite.
 */
export async function streamAdapter(
  directory: string,
  description: ModelDescription,
  names: Readonly<Record<'modules' | 'saved', readonly string[]>>,
  write: (sink: AdapterSink) => Promise<AdapterDescription>,
): Promise<void> {
  const kindOf = (name: string) => findLinear(description, name)?.kind ?? 'linear';
  const factorKey = (name: string, part: 'a' | 'b') => keyPrefix + partKey(lora, { name, kind: kindOf(name) }, part);
  const isExpert = (name: string) => findLinear(description, name)?.expert !== undefined;
  const experts = new Map<string, HostTensor>();
  const factorKeys = names.modules.flatMap((name) => [factorKey(name, 'a'), factorKey(name, 'b')]);
  const keys = [...fusedKeys(factorKeys, keyPrefix, description), ...names.saved.map((name) => keyPrefix + name)];
  const modules = new Map<string, ModuleStrength>();
  const saved: string[] = [];
  await writeFolderAtomic(directory, async (temporary) => {
    const file = path.join(temporary, adapterTensorsFile);
    let rest: AdapterDescription | undefined;
    await writeArrivingTensors(file, keys, async (put) => {
      const putTensor = async (name: string, { shape, data }: HostTensor, known = false) => {
        if (!known && !allFinite(data)) throw notFinite(file, name);
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        await put({ name, dtype: storedType(data), shape, bytes });
      };
      rest = await write({
        async module(name, { a, b, rank, scaling, finite }) {
          modules.set(name, { rank, scaling });
          const kernel = findLinear(description, name)?.kernel;
          const stored = (part: string, { shape, data }: HostTensor) =>
            kernel === undefined ? { shape, data } : { shape: storedShape({ kernel }, part, shape), data };
          if (isExpert(name)) {
            // The factors of all experts are one tensor.
            experts.set(factorKey(name, 'a'), a).set(factorKey(name, 'b'), b);
            return;
          }
          // Both at once: a busy event loop would start the second write only after the next module is merged.
          await Promise.all([
            putTensor(factorKey(name, 'a'), stored('a', a), finite?.a),
            putTensor(factorKey(name, 'b'), stored('b', b), finite?.b),
          ]);
        },
        async saved(name, tensor) {
          saved.push(name);
          const isTurned =
            name.endsWith('.weight') && findLinear(description, name.slice(0, -'.weight'.length))?.fanInFanOut;
          await putTensor(keyPrefix + name, isTurned ? transposed(tensor) : tensor);
        },
      });
      for (const [key, tensor] of fuseExpertFactors(experts, keyPrefix, description, modules))
        await putTensor(key, tensor);
    });
    if (rest === undefined) throw new Error('nothing was written');
    const baseModelName = rest.config.base_model_name_or_path ?? description.architecture;
    await writeDescription(
      temporary,
      { ...rest, modules, saved: new Map(saved.map((name) => [name, null])), biases: new Map() },
      { description, baseModelName },
    );
  });
}

interface Described extends AdapterDescription {
  readonly modules: ReadonlyMap<string, ModuleStrength>;
  readonly saved: ReadonlyMap<string, unknown>;
  readonly biases: ReadonlyMap<string, unknown>;
}

/** All of a folder but its tensors. */
async function writeDescription(
  directory: string,
  adapter: Described,
  details: { description: ModelDescription; baseModelName: string; readme?: string },
): Promise<void> {
  const { description, baseModelName } = details;
  const config = {
    ...derivePeftConfig({ ...adapter, savedNames: adapter.saved.keys() }, description),
    base_model_name_or_path: baseModelName,
    inference_mode: true,
  };
  const { foreign, fingerprint } = description;
  const base = foreign ? { foreign_base: foreign } : { base_model_fingerprint: fingerprint };
  const beside = { coto: adapter.coto, labels: adapter.labels, ...base };
  await writeFileAtomic(path.join(directory, cotoConfigFile), `${JSON.stringify(beside, null, 2)}\n`);
  await writeFileAtomic(path.join(directory, adapterConfigFile), adapterConfigText(config, description));
  const readme = details.readme ?? adapterReadme(adapter, config, baseModelName, missingInPeft(adapter, description));
  await writeFileAtomic(path.join(directory, 'README.md'), readme);
}

/** Returns the feature that PEFT lacks to load the adapter; null: none. */
function missingInPeft({ variant, modules }: Described, description: ModelDescription): string | null {
  const { isForeign, refusesConv1d } = variant.files;
  if (isForeign) return 'such adapter';
  const isTurned = (name: string) => findLinear(description, name)?.fanInFanOut;
  return refusesConv1d && [...modules.keys()].some(isTurned) ? "such adapter for the base's Conv1D" : null;
}
