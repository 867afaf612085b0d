import { cotoSettingsSchema } from '../domain/runs/coto.ts';
import type { RunConfig } from '../domain/runs/run.ts';

export interface ConfigRow {
  /** The setting's dotted name in the YAML. */
  readonly name: string;
  /** One text a config or a group, in the order given; null where it has no such setting (CoTo is off). */
  readonly values: readonly (string | null)[];
}

/** The settings in which the configs differ, by their dotted names in the YAML. */
export function configDifferences(configs: readonly RunConfig[]): ConfigRow[] {
  return groupDifferences(configs.map((config) => [config]));
}

/** The settings in which groups of configs differ; where one group has several values, all of them: "1, 2, 3". */
export function groupDifferences(groups: readonly (readonly object[])[]): ConfigRow[] {
  const flat = groups.map((configs) => configs.map((config) => flatten(config)));
  const names = new Set(flat.flat().flatMap((values) => [...values.keys()]));
  return [...names]
    .map((name) => ({ name, values: flat.map((configs) => commonText(configs.map((values) => values.get(name)))) }))
    .filter((row) => new Set(row.values).size > 1 && !isUsualCoto(row));
}

const usualCoto = flatten({ coto: cotoSettingsSchema.parse({}) });

/** Returns true if a CoTo setting differs only because some runs have no CoTo; the row `coto` already shows that. */
function isUsualCoto({ name, values }: ConfigRow): boolean {
  return name.startsWith('coto.') && values.every((value) => value === null || value === usualCoto.get(name));
}

function commonText(texts: readonly (string | undefined)[]): string | null {
  const known = [...new Set(texts)].flatMap((text) => text ?? []);
  const sorted = known.sort((left, right) => left.localeCompare(right, 'en', { numeric: true }));
  return sorted.length === 0 ? null : sorted.join(', ');
}

function flatten(value: object, prefix = ''): Map<string, string> {
  const rows = new Map<string, string>();
  for (const [name, item] of Object.entries(value)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (path === 'coto') {
      rows.set('coto', item === null ? 'off' : 'on');
      if (item === null) continue;
    }
    if (item !== null && typeof item === 'object' && !Array.isArray(item))
      for (const [inner, text] of flatten(item, path)) rows.set(inner, text);
    else rows.set(path, textOf(item));
  }
  return rows;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ');
  return value === null ? '–' : String(value);
}
