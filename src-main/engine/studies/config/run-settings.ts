import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { isFlatParameter } from '../../../../src-shared/domain/adapters/adapter.ts';
import { type RunConfig, runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import type { CellSettings } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { adapterVariant } from '../../adapters/variants/index.ts';

type Settings = { [name: string]: CellSettings[string] };

/**
 * A run with fields replaced, each by its dotted name (`adapter.parameters.r`, or as in PEFT `adapter.r`). Parameters
 * that another variant does not have are omitted, unless they are `given`.
 * @throws StudioError invalid_input naming the key of the study's config and the field
 */
export function runWithSettings(
  run: RunConfig,
  changes: CellSettings,
  names: {
    /** Key of the config that the changes come from. */
    readonly where: string;
    readonly label: string;
    /** Fields that the config names. */
    readonly given: readonly string[];
  },
): RunConfig {
  const settings: Settings = { ...run };
  for (const [name, value] of Object.entries(changes)) setAt(settings, pathOf(name), value);
  const parsed = runConfigSchema.safeParse(settings);
  if (!parsed.success)
    throw new StudioError(
      'invalid_input',
      `${names.where}: ${names.label} is not a valid run: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
      'Fields are named as in the run, e.g. learning_rate, adapter.parameters.r, coto.stage1_ratio.',
    ).at(names.where);
  const { adapter } = parsed.data;
  if (adapter.variant === run.adapter.variant) return parsed.data;
  const known = new Set(adapterVariant(adapter.variant).declaration.parameters.map((spec) => spec.name));
  const given = new Set(names.given.map((field) => pathOf(field).at(2)));
  const parameters = Object.fromEntries(
    Object.entries(adapter.parameters).filter(([name]) => known.has(name) || given.has(name)),
  );
  return { ...parsed.data, adapter: { ...adapter, parameters } };
}

/** A parameter of the variant may be named as in PEFT, without the prefix `parameters`. */
function pathOf(name: string): string[] {
  const path = name.split('.');
  const [first, second = ''] = path;
  return first === 'adapter' && path.length === 2 && isFlatParameter(second) ? [first, 'parameters', second] : path;
}

/** Sets a field by its path; a disabled feature along the path (`coto: null`) is enabled with its defaults. */
function setAt(target: Settings, [name = '', ...rest]: readonly string[], value: CellSettings[string]): void {
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const below: Settings = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
  setAt(below, rest, value);
  target[name] = below;
}
