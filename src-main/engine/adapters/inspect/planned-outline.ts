import {
  type AdapterConfig,
  type AdapterSettings,
  adapterConfigSchema,
} from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { refuseExperts } from '../fresh/refuse-experts.ts';
import { patternNames, resolveTargetModules } from '../targets/target-modules.ts';
import type { AdapterDescription, ModuleState } from '../variant/state.ts';
import type { ModuleStrength } from '../variant/variant.ts';
import { adapterVariant } from '../variants/index.ts';

/** Shape of an adapter that is not trained yet, for checks that read no tensors. */
export interface PlannedOutline extends AdapterDescription {
  readonly modules: ReadonlyMap<string, ModuleState<{ readonly shape: readonly number[] }>>;
  readonly saved: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  readonly biases: ReadonlyMap<string, unknown>;
}

export interface PlannedModule extends ModuleStrength {
  readonly name: string;
  readonly parts: { readonly name: string; readonly shape: number[] }[];
}

/** The modules that a run with these settings adapts, with what follows from patterns of their names. */
export function plannedModules(settings: AdapterSettings, description: ModelDescription): PlannedModule[] {
  const variant = adapterVariant(settings.variant);
  const parameters = checkedParameters(variant.declaration, settings.parameters);
  const targets = resolveTargetModules(configOf(settings), description);
  refuseExperts(variant, parameters, targets);
  return targets.map((module) => {
    const { rank, scaling } = variant.strength(parameters, patternNames(module));
    const parts = variant.parts(module, { rank, parameters }).map(({ name, shape }) => ({ name, shape: [...shape] }));
    return { name: module.name, rank, scaling, parts };
  });
}

/**
 * The adapter that a run with these settings makes on a base: variant, modules, ranks and parts. Heads are left out: those of
 * runs on the same data are equal.
 */
export function plannedOutline(settings: AdapterSettings, planned: readonly PlannedModule[]): PlannedOutline {
  const variant = adapterVariant(settings.variant);
  const parameters = checkedParameters(variant.declaration, settings.parameters);
  const config = configOf(settings);
  const modules = new Map(
    planned.map(({ name, rank, scaling, parts }) => {
      return [name, { rank, scaling, tensors: new Map(parts.map((part) => [part.name, part])) }];
    }),
  );
  return { variant, parameters, config, coto: null, modules, saved: new Map(), biases: new Map(), labels: null };
}

function configOf(settings: AdapterSettings): AdapterConfig {
  return adapterConfigSchema.parse({
    peft_type: adapterVariant(settings.variant).files.type,
    target_modules: settings.target_modules,
    exclude_modules: settings.exclude_modules,
    layers_to_transform: settings.layers_to_transform,
    modules_to_save: settings.modules_to_save,
    ...(settings.target_parameters ? { target_parameters: settings.target_parameters } : {}),
  });
}
