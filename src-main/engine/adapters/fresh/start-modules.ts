import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { toHost } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { transposed } from '../../tensors/transpose.ts';
import type { Calibration, CalibrationData, Initialization, StartedModule } from '../initializations/initialization.ts';
import { type AdapterVariant, type ModuleStrength, requireRank } from '../variant/variant.ts';

export interface StartOptions {
  readonly random: RandomStream;
  /** Statistics, if the run's training examples are available. */
  readonly calibration?: Calibration | undefined;
  /** Called before each module, which may take seconds to decompose; may throw to stop. */
  readonly onModule?: ((done: number, total: number) => Promise<void>) | undefined;
  /** The modules of a checkpoint that replaces the adapter at once: values are then mere placeholders, of these ranks. */
  readonly resumed?: ReadonlyMap<string, ModuleStrength> | undefined;
}

/** A variant with the way in which it starts. */
export interface Chosen {
  readonly variant: AdapterVariant;
  readonly parameters: ParameterValues;
  readonly initialization: Initialization;
}

/**
 * The factors of every module by its name, with the resulting ranks; null where a checkpoint replaces them at once.
 * @param saved of the new head, for starts that look at training examples.
 * @throws StudioError invalid_input where a module has no such start.
 */
export async function startModules(
  base: BaseModel,
  chosen: Chosen,
  targets: readonly LinearModule[],
  options: StartOptions,
  saved: ReadonlyMap<string, HostTensor> | null,
): Promise<ReadonlyMap<string, StartedModule> | null> {
  const { initialization, parameters } = chosen;
  checkStarts(chosen, targets);
  if (options.resumed) return initialization.redistribute ? placeholders(targets, options.resumed) : null;
  const started = new Map<string, StartedModule>();
  for await (const { module, data } of measured(chosen, targets, options, saved)) {
    await options.onModule?.(started.size, targets.length);
    const { rank, scaling } = strengthOf(chosen, module);
    const source = {
      parameters,
      random: options.random,
      weight: () => weightByOutput(base, module),
      calibration: data,
    };
    const start = await initialization.start({ ...module, rank, scaling }, source);
    started.set(module.name, { start, rank, scaling });
  }
  return initialization.redistribute?.(started, parameters) ?? started;
}

async function* measured(
  { initialization, parameters }: Chosen,
  targets: readonly LinearModule[],
  { calibration }: StartOptions,
  saved: ReadonlyMap<string, HostTensor> | null,
): AsyncIterable<{ module: LinearModule; data: CalibrationData }> {
  const need = initialization.calibration;
  if (need === undefined) {
    for (const module of targets) yield { module, data: {} };
    return;
  }
  if (calibration === undefined)
    throw new StudioError(
      'invalid_input',
      `init_lora_weights: ${initialization.declaration.label} looks at training examples, and there are none here.`,
      'Start another way, e.g. with kaiming.',
    ).at('adapter.init_lora_weights');
  yield* calibration.measure(need, targets, numberOf(parameters, 'calibration_examples'), saved ?? new Map());
}

/** Factors of zeros with the ranks of a checkpoint. */
function placeholders(
  targets: readonly LinearModule[],
  resumed: ReadonlyMap<string, ModuleStrength>,
): Map<string, StartedModule> {
  const zeros = (rows: number, columns: number) => ({ shape: [rows, columns], data: new Float32Array(rows * columns) });
  return new Map(
    targets.flatMap(({ name, inFeatures, outFeatures }) => {
      const own = resumed.get(name);
      if (own === undefined) return [];
      const rank = requireRank(own);
      const start = { a: zeros(rank, inFeatures), b: zeros(outFeatures, rank) };
      return [[name, { start, rank, scaling: own.scaling }] as const];
    }),
  );
}

/** @throws StudioError invalid_input where a module cannot start so, naming it. */
export function checkStarts(chosen: Chosen, targets: readonly LinearModule[]): void {
  const { initialization, parameters } = chosen;
  const { declaration, embeddings, check } = initialization;
  if (parameters['lora_bias'] === true && declaration.id !== 'kaiming')
    throw new StudioError(
      'invalid_input',
      `lora_bias cannot be used with init_lora_weights "${declaration.id}", as in PEFT.`,
      'Set init_lora_weights to kaiming, or lora_bias to false.',
    ).at('adapter.lora_bias');
  for (const module of targets) {
    if (module.kind === 'embedding' && !embeddings)
      throw new StudioError(
        'invalid_input',
        `init_lora_weights: ${declaration.label} starts linear layers, and ${module.name} is an embedding.`,
        'Leave it out of target_modules, or start with kaiming or gaussian.',
      ).at('adapter.init_lora_weights');
    check?.({ ...module, ...strengthOf(chosen, module) });
  }
}

function strengthOf({ variant, parameters }: Chosen, { name, aliases }: LinearModule) {
  const strength = variant.strength(parameters, [name, ...aliases]);
  return { rank: requireRank(strength), scaling: strength.scaling };
}

/** The base's weight as [out, in], also an embedding's. */
export async function weightByOutput(base: BaseModel, module: LinearModule): Promise<HostTensor> {
  const weight = await toHost(base.frozenWeight(module).weight);
  return module.kind === 'embedding' ? transposed(weight) : weight;
}
