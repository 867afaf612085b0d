import type { z } from 'zod';
import { cotoSettingsSchema } from '../../../src-shared/domain/coto.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/run.ts';

/**
 * The form's values while a person types: flat, by the field's dotted name in the YAML (`adapter.r`, `learning_rate`).
 * A value may be what no schema allows (an empty text in a number field). `coto` is a switch here; CoTo's own fields
 * stay while it is off, so that switching it on again brings them back.
 */
export type Draft = Readonly<Record<string, unknown>>;

const cotoDefaults = cotoSettingsSchema.parse({});

/** The draft that equals `config`. */
export function draftOf(config: RunConfig): Draft {
  const draft: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    if (name === 'adapter' || name === 'coto') continue;
    draft[name] = value;
  }
  for (const [name, value] of Object.entries(config.adapter)) draft[`adapter.${name}`] = value;
  for (const [name, value] of Object.entries(config.coto ?? cotoDefaults)) draft[`coto.${name}`] = value;
  draft['coto'] = config.coto !== null;
  return draft;
}

export const defaultDraft: Draft = draftOf(runConfigSchema.parse({}));

/** The nested value that the schema and the backend read. */
export function configInputOf(draft: Draft): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const adapter: Record<string, unknown> = {};
  const coto: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(draft)) {
    if (name.startsWith('adapter.')) adapter[name.slice('adapter.'.length)] = value;
    else if (name.startsWith('coto.')) coto[name.slice('coto.'.length)] = value;
    else if (name !== 'coto') config[name] = value;
  }
  return { ...config, adapter, coto: draft['coto'] === true ? coto : null };
}

export type DraftCheck =
  | { ok: true; config: RunConfig; problems: ReadonlyMap<string, string> }
  | { ok: false; config: null; problems: ReadonlyMap<string, string> };

/** Checks a draft against the run's schema: one sentence for each field that is wrong, by the field's name. */
export function checkDraft(draft: Draft): DraftCheck {
  const parsed = runConfigSchema.safeParse(configInputOf(draft));
  if (parsed.success) return { ok: true, config: parsed.data, problems: new Map() };
  const problems = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const name = fieldOf(issue.path);
    if (!problems.has(name)) problems.set(name, describeIssue(issue));
  }
  return { ok: false, config: null, problems };
}

/** A field's name from an issue's path: what lies inside a list or a map belongs to the field that holds it. */
function fieldOf(path: readonly PropertyKey[]): string {
  const [first, second] = path;
  const depth = (first === 'adapter' || first === 'coto') && second !== undefined ? 2 : 1;
  return path.slice(0, depth).map(String).join('.');
}

/** A zod issue in the form's words. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'array') return 'Choose at least one.';
      return issue.inclusive === false ? `Must be more than ${issue.minimum}.` : `Must be at least ${issue.minimum}.`;
    case 'too_big':
      return `Must be at most ${issue.maximum}.`;
    case 'invalid_type':
      if (issue.expected === 'int') return 'A whole number is needed.';
      if (issue.expected === 'number') return 'A number is needed.';
      return `Expected ${issue.expected}.`;
    case 'invalid_value':
      return `One of: ${issue.values.map(String).join(', ')}.`;
    case 'unrecognized_keys':
      return `Not a setting of a run: ${issue.keys.join(', ')}.`;
    case 'invalid_union': {
      const inner = issue.errors.flat();
      const telling = inner.find((candidate) => candidate.code !== 'invalid_type') ?? inner[0];
      return telling ? describeIssue(telling) : issue.message;
    }
    default:
      return issue.message;
  }
}

/** Whether a field differs from what `reference` holds. */
export function differs(draft: Draft, name: string, reference: Draft = defaultDraft): boolean {
  return JSON.stringify(draft[name]) !== JSON.stringify(reference[name]);
}

/** Names of the fields that count and differ from the defaults, in the form's order. */
export function differingFields(draft: Draft): string[] {
  return Object.keys(defaultDraft).filter(
    (name) => (!name.startsWith('coto.') || draft['coto'] === true) && differs(draft, name),
  );
}

/** Text of a number field → what the draft keeps: the number, else the text as typed, which the schema then refuses. */
export function numberFromText(text: string): number | string {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return '';
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : text;
}
