import { keysAt } from '../../contract/schema-keys.ts';
import { type PlannedAdapter, plannedAdapterSchema } from '../../domain/adapters/adapter-reference.ts';
import type { RunConfig } from '../../domain/runs/run.ts';
import { type CellSettings, cellLabel, cellSettingsSchema } from '../grid/cell-settings.ts';
import { studyConfigSchema, studyKinds } from '../index.ts';
import type { FieldWords } from './field-words.ts';

/** Facts about a study's adapter, from its run (existing or planned) or its record. */
export interface AdapterFacts {
  /** The same for all of its kind, e.g. "LoRA + CoTo". */
  readonly label: string;
  readonly coto: boolean;
  readonly seed: number;
  /** Null for an adapter that no run of this studio made. */
  readonly run: RunConfig | null;
}

const filledKeys = new Set<PropertyKey>(['label', 'coto', 'seed']);

/**
 * Fills missing `label`, `coto` and `seed` of a study's config from its adapters. A label names the settings that its
 * adapters share and others lack. Seeds distinguish pairs and triples of one label; adapters without labels may stand
 * alone. Values that cannot be derived stay missing.
 */
export function withFilledLabels(
  given: unknown,
  factsOf: (adapter: PlannedAdapter) => AdapterFacts | null,
  words: FieldWords,
): unknown {
  const value = withNamedAdapters(given);
  const places = (studyConfigSchema.safeParse(value).error?.issues ?? [])
    .filter(({ path }) => filledKeys.has(path.at(-1) ?? '') && valueAt(value, path) === undefined)
    .map(({ path }) => ({ parent: path.slice(0, -1), key: path.at(-1) }));
  const all = adaptersIn(value).flatMap((adapter) => factsOf(adapter) ?? []);
  let filled = value;
  let named = value;
  for (const { parent, key } of places) {
    const adapters = adaptersIn(valueAt(value, parent));
    const facts = adapters.flatMap((adapter) => factsOf(adapter) ?? []);
    const [first] = facts;
    if (first === undefined || facts.length < adapters.length) continue;
    const found =
      key === 'label' ? labelOf(facts, all, words) : key === 'coto' ? facts.every(({ coto }) => coto) : first.seed;
    filled = withValueAt(filled, [...parent, key ?? ''], found);
    named = withValueAt(named, [...parent, key ?? ''], found);
    const seeds = [...new Set(facts.map(({ seed }) => seed))];
    if (
      key === 'label' &&
      facts.length > 1 &&
      seeds.length === facts.length &&
      valueAt(value, [...parent, 'name']) === undefined
    )
      named = withValueAt(named, [...parent, 'name'], `seeds ${seeds.join(', ')}`);
  }
  // Groups of other kinds have no names.
  return studyConfigSchema.safeParse(named).success ? named : filled;
}

/** `adapters: [a, b]` where each adapter has a label of its own is short for `adapters: [{ adapter: a }, { adapter: b }]`. */
function withNamedAdapters(value: unknown): unknown {
  const kind = studyKinds.find((one) => one.kind === valueAt(value, ['kind']));
  const given = valueAt(value, ['adapters']);
  if (kind === undefined || given === undefined || !keysAt(kind.configSchema, ['adapters', 0]).includes('adapter'))
    return value;
  const isAlone = (one: unknown) => plannedAdapterSchema.safeParse(one).success;
  const all = [given].flat();
  if (!all.some(isAlone)) return value;
  return withValueAt(
    value,
    ['adapters'],
    all.map((one) => (isAlone(one) ? { adapter: one } : one)),
  );
}

/** "LoRA + CoTo, rank 8": the kinds of these adapters, and the settings that all of them share and others do not. */
function labelOf(facts: readonly AdapterFacts[], all: readonly AdapterFacts[], words: FieldWords): string {
  const labels = [...new Set(facts.map(({ label }) => label))];
  const settings = facts.map(({ run }) => settingsOf(run));
  const others = all.filter(({ label }) => labels.includes(label)).map(({ run }) => settingsOf(run));
  const [first = {}] = settings;
  const told = Object.entries(first).filter(
    ([field, own]) =>
      settings.every((one) => isEqual(one[field], own)) && others.some((one) => !isEqual(one[field], own)),
  );
  const rest = told.length === 0 ? [] : [cellLabel(cellSettingsSchema.parse(Object.fromEntries(told)), words)];
  return [labels.join(' – '), ...rest].join(', ');
}

/** Fields of a run that the label does not say otherwise, and that are no seed and no task. */
const untold = new Set(['seed', 'data_seed', 'model', 'dataset', 'coto', 'adapter.variant']);

/** A run's fields by their dotted names, without those that tell seeds and tasks apart. */
function settingsOf(run: RunConfig | null): CellSettings {
  if (run === null) return {};
  const { adapter, coto, ...fields } = run;
  const { parameters, ...targets } = adapter;
  const within = (prefix: string, values: object) =>
    Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value] as const);
  const entries = [
    ...within('', fields),
    ...within('adapter.', targets),
    ...within('adapter.parameters.', parameters),
    ...within('coto.', coto ?? {}),
  ];
  return cellSettingsSchema.parse(Object.fromEntries(entries.filter(([name]) => !untold.has(name))));
}

function adaptersIn(value: unknown): PlannedAdapter[] {
  if (typeof value !== 'object' || value === null) return [];
  const adapter = plannedAdapterSchema.safeParse(value);
  if (adapter.success) return [adapter.data];
  return Object.values(value).flatMap(adaptersIn);
}

function valueAt(value: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (key === undefined) return value;
  return typeof value === 'object' && value !== null ? valueAt(Reflect.get(value, key), rest) : undefined;
}

function withValueAt(value: unknown, [key, ...rest]: readonly PropertyKey[], set: unknown): unknown {
  if (key === undefined) return set;
  if (Array.isArray(value)) return value.map((item, at) => (at === key ? withValueAt(item, rest, set) : item));
  const own = typeof value === 'object' && value !== null ? value : {};
  return { ...own, [key]: withValueAt(Reflect.get(own, key), rest, set) };
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
