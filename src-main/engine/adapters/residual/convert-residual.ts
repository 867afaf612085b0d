import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { matmul } from '../../linalg/index.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { initializationOf } from '../initializations/index.ts';
import type { Factors, Initialization } from '../initializations/initialization.ts';
import { requireLinear } from '../targets/target-modules.ts';
import type { AdapterState } from '../variant/state.ts';
import { requireRank } from '../variant/variant.ts';
import { joinFactors, splitFactors } from './residual-factors.ts';

/** The base as a conversion reads it. */
export interface ConversionBase {
  readonly description: ModelDescription;
  /** The weight of a module, [out, in]. */
  weight(name: string): Promise<HostTensor>;
  /** Called before each module, which may take seconds to decompose; may throw to stop. */
  onModule?(done: number, total: number): Promise<void>;
}

/** Tolerance between a module's stored start and the one computed from its weight, relative to the largest entry. */
const tolerance = 1e-3;

/**
 * An adapter that PEFT saved on a residual base as the equal plain LoRA of twice the rank on the base itself. The base
 * lost the adapter's initial factors, which are used if available; otherwise they are recomputed from the base, like
 * PEFT does on loading.
 * @param state of a folder that was read with `canRebuildResidual`.
 * @param init the adapter before its training, as PEFT saves it; null: not kept.
 * @throws StudioError refused where neither is possible.
 */
export async function fromResidualForm(
  state: AdapterState,
  base: ConversionBase,
  init: AdapterState | null = null,
): Promise<AdapterState> {
  const initialization = initializationOf(state.parameters);
  if (!initialization.residual) return state;
  if (init !== null) return joinFactors(state, startsIn(init, state));
  if (initialization.peft.isRebuilt !== true)
    throw new StudioError(
      'refused',
      `The adapter started with ${initialization.declaration.label}, and that start, which was subtracted from its base, cannot be recomputed from the base.`,
      `Put the adapter that PEFT saved before its training into the folder ${initFolder}/ beside it, or save it in PEFT as plain LoRA (path_initial_model_for_weight_conversion).`,
    );
  return joinFactors(state, await startsOf(initialization, state, base));
}

/** Folder of an adapter's initial state, inside its own. */
export const initFolder = 'init';

function startsIn(init: AdapterState, trained: AdapterState): Map<string, Factors> {
  return new Map(
    [...trained.modules].map(([name, { rank }]) => {
      const own = init.modules.get(name);
      const [a, b] = [own?.tensors.get('a'), own?.tensors.get('b')];
      if (a === undefined || b === undefined || own?.rank !== rank)
        throw new StudioError(
          'invalid_file',
          `The start in ${initFolder}/ has no factors of rank ${rank} for ${name}, which the adapter adapts.`,
          'Put the adapter there that PEFT saved before the training of this one.',
        );
      return [name, { a, b }];
    }),
  );
}

/**
 * The inverse: an adapter in the form in which PEFT trains and saves it on a residual base, with its start.
 * @param settings `init_lora_weights` and its parameters.
 * @throws StudioError refused where the adapter does not hold such a start of this base: it would be another adapter then.
 */
export async function toResidualForm(
  state: AdapterState,
  settings: ParameterValues,
  base: ConversionBase,
): Promise<{ readonly trained: AdapterState; readonly subtracted: ReadonlyMap<string, Factors> }> {
  const initialization = initializationOf(settings);
  const { label } = initialization.declaration;
  if (initialization.peft.isRebuilt !== true)
    throw new StudioError(
      'refused',
      `PEFT cannot recompute the residual base of ${label} when it loads an adapter.`,
      'Export the plain PEFT folder, which is the same function.',
    );
  if (state.variant.residual === undefined) throw notOfBase(label, 'it is no LoRA');
  const [odd] = [...state.modules].find(([, { rank }]) => requireRank({ rank }) % 2 !== 0) ?? [];
  if (odd !== undefined) throw notOfBase(label, `its rank on ${odd} is odd`);
  const { trained, subtracted } = splitFactors(state, (_, { rank, scaling }) => ({
    rank: requireRank({ rank }) / 2,
    scaling,
  }));
  const parameters = { ...trained.parameters, ...settings };
  const labelled: AdapterState = { ...trained, parameters };
  for (const [name, made] of await startsOf(initialization, labelled, base)) {
    const held = subtracted.get(name);
    if (held === undefined || distance(held, made) > tolerance)
      throw notOfBase(label, `the second half of its factors on ${name} is another`);
  }
  return { trained: labelled, subtracted };
}

/** The starts of all modules, from the base's weights. */
async function startsOf(
  initialization: Initialization,
  { modules, parameters }: AdapterState,
  { description, weight, onModule }: ConversionBase,
): Promise<Map<string, Factors>> {
  const starts = new Map<string, Factors>();
  for (const [name, { rank, scaling }] of modules) {
    const module = requireLinear(description, name);
    refuseTurned(initialization, module);
    await onModule?.(starts.size, modules.size);
    const given = { ...module, rank: requireRank({ rank }), scaling };
    initialization.check?.(given);
    const random = RandomStream.named(0, 'initialization', name);
    const { a, b } = await initialization.start(given, {
      parameters,
      random,
      weight: () => weight(name),
      calibration: {},
    });
    starts.set(name, { a, b });
  }
  return starts;
}

/** PEFT's OLoRA takes a Conv1D's weight as it is stored, [in, out], for [out, in]: no adapter can be made of that. */
function refuseTurned({ declaration }: Initialization, { name, fanInFanOut }: LinearModule): void {
  if (declaration.id !== 'olora' || !fanInFanOut) return;
  throw new StudioError(
    'refused',
    `${name} is stored with inputs first (Conv1D), and PEFT's OLoRA mixes up its axes there.`,
    'Save the adapter in PEFT as plain LoRA (path_initial_model_for_weight_conversion), or export the plain PEFT folder.',
  );
}

/** max |B·A − B′·A′| / max |B′·A′|: the factors themselves are free up to signs. */
function distance(held: Factors, made: Factors): number {
  const [one, other] = [matmul(held.b, held.a).data, matmul(made.b, made.a).data];
  let [difference, scale] = [0, 0];
  other.forEach((value, index) => {
    difference = Math.max(difference, Math.abs(value - (one[index] ?? 0)));
    scale = Math.max(scale, Math.abs(value));
  });
  return scale === 0 ? difference : difference / scale;
}

function notOfBase(label: string, reason: string): StudioError {
  return new StudioError(
    'refused',
    `The adapter did not start with ${label} on this base, or was changed since: ${reason}.`,
    'Export the plain PEFT folder instead.',
  );
}
