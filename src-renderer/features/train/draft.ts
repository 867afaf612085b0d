import { isFlatParameter } from '../../../src-shared/domain/adapters/adapter.ts';
import {
  type Declaration,
  type ParameterValues,
  parameterValueSchema,
} from '../../../src-shared/domain/parameters/parameter.ts';
import { describeIssue } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { augmentationKey, augmentationSchema } from '../../../src-shared/domain/runs/augmentation.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { checkRunInput } from '../../../src-shared/domain/runs/run-check.ts';

/**
 * The form's values while a person types: flat, by the field's dotted name in the YAML (`adapter.r`, `learning_rate`). A
 * value may be what no schema allows (an empty text in a number field). `coto` is a switch here; CoTo's own fields stay
 * while it is off, so that switching it on again brings them back. An augmentation that changes nothing is none. The adapter's parameters are beside its other fields;
 * one that is missing has the default that the variant declares.
 */
export type Draft = Readonly<ParameterValues>;

const cotoDefaults = cotoSettingsSchema.parse({});
const noAugmentation = augmentationSchema.parse({});
const augmentationPrefix = `${augmentationKey}.`;

/** The draft that equals `config`. */
export function draftOf(config: RunConfig): Draft {
  const draft: ParameterValues = {};
  for (const [name, value] of Object.entries(config)) {
    if (name === 'adapter' || name === 'coto' || name === augmentationKey) continue;
    draft[name] = parameterValueSchema.parse(value);
  }
  const { parameters, ...fields } = config.adapter;
  for (const [name, value] of Object.entries({ ...fields, ...parameters })) draft[`adapter.${name}`] = value;
  for (const [name, value] of Object.entries(config.coto ?? cotoDefaults)) draft[`coto.${name}`] = value;
  draft['coto'] = config.coto !== null;
  for (const [name, value] of Object.entries(config.augmentation ?? noAugmentation))
    draft[`${augmentationPrefix}${name}`] = value;
  return draft;
}

export const defaultDraft: Draft = draftOf(runConfigSchema.parse({}));

/** The default of every field, those of the chosen variant's parameters among them. */
export function defaultsOf(draft: Draft, variants: readonly Declaration[]): Draft {
  const parameters = variantOf(draft, variants)?.parameters ?? [];
  return { ...defaultDraft, ...Object.fromEntries(parameters.map((spec) => [`adapter.${spec.name}`, spec.default])) };
}

/** The draft with the defaults of what it does not name. */
export function withDefaults(draft: Draft, variants: readonly Declaration[]): Draft {
  return { ...defaultsOf(draft, variants), ...draft };
}

export function variantOf(draft: Draft, variants: readonly Declaration[]): Declaration | undefined {
  return variants.find((variant) => variant.id === draft['adapter.variant']);
}

/** The nested value that the schema and the backend read; parameters that the chosen variant does not have are left out. */
export function configInputOf(draft: Draft, variants: readonly Declaration[]): Record<string, unknown> {
  const variant = variantOf(draft, variants);
  const config: Record<string, unknown> = {};
  const adapter: Record<string, unknown> = {};
  const coto: Record<string, unknown> = {};
  const augmentation: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(draft)) {
    if (name.startsWith('adapter.')) {
      const key = name.slice('adapter.'.length);
      if (!isFlatParameter(key) || variant === undefined || variant.parameters.some((spec) => spec.name === key))
        adapter[key] = value;
    } else if (name.startsWith('coto.')) coto[name.slice('coto.'.length)] = value;
    else if (name.startsWith(augmentationPrefix)) augmentation[name.slice(augmentationPrefix.length)] = value;
    else if (name !== 'coto') config[name] = value;
  }
  const isAugmented = JSON.stringify({ ...noAugmentation, ...augmentation }) !== JSON.stringify(noAugmentation);
  return {
    ...config,
    [augmentationKey]: isAugmented ? augmentation : null,
    adapter,
    coto: draft['coto'] === true ? coto : null,
  };
}

export type DraftCheck =
  | { ok: true; config: RunConfig; problems: ReadonlyMap<string, string> }
  | { ok: false; config: null; problems: ReadonlyMap<string, string> };

/**
 * Checks a draft against the run's schema and the variant's parameters: one sentence for each field that is wrong, by
 * the field's name. Until the variants are loaded, only the backend checks their parameters.
 */
export function checkDraft(draft: Draft, variants: readonly Declaration[]): DraftCheck {
  const { config, issues } = checkRun(configInputOf(draft, variants), variants);
  if (config) return { ok: true, config, problems: new Map() };
  const problems = new Map<string, string>();
  for (const issue of issues) {
    const name = fieldOf(issue.path);
    if (!problems.has(name)) problems.set(name, describeIssue(issue));
  }
  return { ok: false, config: null, problems };
}

/** Checks a run against its schema and, once the variants are known, against the parameters of its variant. */
export function checkRun(input: unknown, variants: readonly Declaration[]) {
  if (variants.length > 0) return checkRunInput(input, variants);
  const parsed = runConfigSchema.safeParse(input);
  return { config: parsed.data ?? null, issues: parsed.error?.issues ?? [] };
}

/** A field's name from an issue's path: what lies inside a list or a map belongs to the field that holds it. */
export function fieldOf(path: readonly PropertyKey[]): string {
  const [first, second] = path;
  const depth = (first === 'adapter' || first === 'coto' || first === augmentationKey) && second !== undefined ? 2 : 1;
  return path.slice(0, depth).map(String).join('.');
}

/** Returns true if a field differs from its default. */
export function differs(draft: Draft, name: string, defaults: Draft): boolean {
  return draft[name] !== undefined && JSON.stringify(draft[name]) !== JSON.stringify(defaults[name]);
}

/** Names of the fields that count and differ from the defaults, in the form's order. */
export function differingFields(draft: Draft, variants: readonly Declaration[]): string[] {
  const defaults = defaultsOf(draft, variants);
  return Object.keys(defaults).filter(
    (name) => (!name.startsWith('coto.') || draft['coto'] === true) && differs(draft, name, defaults),
  );
}
