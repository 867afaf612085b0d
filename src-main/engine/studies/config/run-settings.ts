import type { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { keysAt } from '../../../../src-shared/contract/schema-keys.ts';
import { didYouMean, unknownKeys } from '../../../../src-shared/contract/unknown-keys.ts';
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
  if (!parsed.success) throw invalidRun(parsed.error, names).at(names.where);
  const { adapter } = parsed.data;
  if (adapter.variant === run.adapter.variant) return parsed.data;
  const known = new Set(adapterVariant(adapter.variant).declaration.parameters.map((spec) => spec.name));
  const given = new Set(names.given.map((field) => pathOf(field).at(2)));
  const parameters = Object.fromEntries(
    Object.entries(adapter.parameters).filter(([name]) => known.has(name) || given.has(name)),
  );
  return { ...parsed.data, adapter: { ...adapter, parameters } };
}

/** Names an unknown setting with the one that was likely meant, or else each setting with its problem. */
function invalidRun(error: z.ZodError, { where, label }: { readonly where: string; readonly label: string }) {
  const unknown = unknownKeys(runConfigSchema, error).map(({ path, key, meant }) => ({
    name: [...path, key].join('.'),
    meant: path.length > 0 ? meant && [...path, meant].join('.') : (insideName(key) ?? meant),
  }));
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => `"${name}"`).join(' and ');
    const message = `${where}: ${names} ${unknown.length === 1 ? 'is no setting' : 'are no settings'} of a run.`;
    return new StudioError('invalid_input', message, didYouMean(unknown) ?? namesHint);
  }
  const problems = error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  return new StudioError('invalid_input', `${where}: ${label} is not a valid run: ${problems.join('; ')}.`, namesHint);
}

const namesHint = 'Fields are named as in the run, e.g. learning_rate, adapter.parameters.r, coto.stage1_ratio.';

/** "coto.initial_p" for initial_p: a setting of this name that lies inside another one; null if there is none. */
function insideName(key: string): string | null {
  const outer = keysAt(runConfigSchema, []).find((name) => keysAt(runConfigSchema, [name]).includes(key));
  return outer === undefined ? null : `${outer}.${key}`;
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
