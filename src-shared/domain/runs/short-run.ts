import type { Declaration } from '../parameters/parameter.ts';
import { type CotoSettings, cotoSettingsSchema, usedSettings } from './coto.ts';
import { type RunConfig, runConfigSchema } from './run.ts';

/**
 * A run as its file says it: its model and dataset, then only the keys that differ from their defaults, in the schema's
 * order. The variant's parameters are written next to the adapter's other keys, as in PEFT's config.
 */
export function shortRun(config: RunConfig, variants: readonly Declaration[]): Record<string, unknown> {
  const defaults = runConfigSchema.parse({});
  const kept: Record<string, unknown> = { model: config.model, dataset: config.dataset };
  for (const [key, value] of Object.entries(config)) {
    const usual: unknown = Reflect.get(defaults, key);
    if (key === 'adapter') {
      const { parameters, ...fields } = config.adapter;
      const { variant, ...others } = differences(fields, defaults.adapter);
      const differing = {
        ...(variant === undefined ? {} : { variant }),
        ...differences(parameters, parameterDefaults(config, variants)),
        ...others,
      };
      if (Object.keys(differing).length > 0) kept[key] = differing;
    } else if (key === 'coto' && config.coto !== null) kept[key] = cotoSettings(config.coto);
    else if (!isEqual(value, usual)) kept[key] = value;
  }
  return kept;
}

/** The settings of the authors' code where they matter, and all that differ from their defaults. */
function cotoSettings(settings: CotoSettings): Record<string, unknown> {
  const used = usedSettings(settings);
  const differing = differences(settings, cotoSettingsSchema.parse({}));
  const always = ['initial_p', 'final_p', 'stage1_ratio', 'curve', 'exponential_rate', 'granularity'] as const;
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([key]) => Object.hasOwn(differing, key) || always.some((name) => name === key && used.has(name)),
    ),
  );
}

function parameterDefaults({ adapter }: RunConfig, variants: readonly Declaration[]): Record<string, unknown> {
  const { parameters = [] } = variants.find(({ id }) => id === adapter.variant) ?? {};
  return Object.fromEntries(parameters.map((spec) => [spec.name, spec.default]));
}

function differences(values: object, defaults: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(([key, value]) => !isEqual(value, Reflect.get(defaults, key))),
  );
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
