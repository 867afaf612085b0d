import { parseDocument, stringify } from 'yaml';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { type CotoSettings, cotoSettingsSchema, usedSettings } from '../../../src-shared/domain/coto.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/run.ts';
import { checkRunInput } from '../../../src-shared/domain/run-check.ts';
import { adapterVariant, adapterVariants } from '../../engine/adapters/variants/index.ts';

const declarations = adapterVariants.map(({ declaration }) => declaration);

/** Formats a run as YAML: the keys of `shortRun`. */
export function toYaml(config: RunConfig): string {
  return stringify(shortRun(config), { lineWidth: 0 });
}

/**
 * A run as its file says it: its model and dataset, then only the keys that differ from their defaults, in the schema's
 * order. The variant's parameters are written next to the adapter's other keys, as in PEFT's config.
 */
export function shortRun(config: RunConfig): Record<string, unknown> {
  const defaults = runConfigSchema.parse({});
  const kept: Record<string, unknown> = { model: config.model, dataset: config.dataset };
  for (const [key, value] of Object.entries(config)) {
    const usual: unknown = Reflect.get(defaults, key);
    if (key === 'adapter') {
      const { parameters, ...fields } = config.adapter;
      const { variant, ...others } = differences(fields, defaults.adapter);
      const differing = {
        ...(variant === undefined ? {} : { variant }),
        ...differences(parameters, parameterDefaults(config)),
        ...others,
      };
      if (Object.keys(differing).length > 0) kept[key] = differing;
    } else if (key === 'coto' && config.coto !== null) kept[key] = cotoSettings(config.coto);
    else if (!isEqual(value, usual)) kept[key] = value;
  }
  return kept;
}

/**
 * Parses a run's YAML. Throws StudioError('invalid_input') naming the line of bad YAML, or every bad or unknown key.
 */
export function fromYaml(text: string): RunConfig {
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem)
    throw new StudioError(
      'invalid_input',
      `The YAML cannot be read: ${problem.message.split('\n')[0]?.replace(/:$/, '')}.`,
      'Correct it there: brackets, quotes and indentation must match.',
    );
  const value: unknown = document.toJS() ?? {};
  return checkedRun(value);
}

/**
 * Validates a run and fills in all defaults, including its variant's. Throws StudioError('invalid_input') naming every
 * bad or unknown key.
 */
export function checkedRun(input: unknown): RunConfig {
  const { config, issues } = checkRunInput(input, declarations);
  if (config) return config;
  throw new StudioError(
    'invalid_input',
    `The run is not valid: ${describeIssues({ issues })}.`,
    "Keys are those of Transformers and PEFT; an adapter's go below adapter:, the schedule's below coto:.",
  );
}

/** The settings of the authors' code where they matter, and all that differ from their defaults. */
function cotoSettings(settings: CotoSettings): Record<string, unknown> {
  const used = usedSettings(settings);
  const differing = differences(settings, cotoSettingsSchema.parse({}));
  const always = ['initial_p', 'final_p', 'stage1_ratio', 'curve', 'granularity'] as const;
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([key]) => Object.hasOwn(differing, key) || always.some((name) => name === key && used.has(name)),
    ),
  );
}

function parameterDefaults({ adapter }: RunConfig): Record<string, unknown> {
  const { parameters } = adapterVariant(adapter.variant).declaration;
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
