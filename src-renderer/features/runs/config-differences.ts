import type { RunConfig } from '../../../src-shared/domain/run.ts';

export interface ConfigRow {
  readonly name: string;
  /** One text a run, in the order given; null where the run has no such setting (CoTo is off). */
  readonly values: readonly (string | null)[];
}

/** The settings in which the configs differ, by their dotted names in the YAML. */
export function configDifferences(configs: readonly RunConfig[]): ConfigRow[] {
  const flat = configs.map((config) => flatten(config));
  const names = [...new Set(flat.flatMap((values) => [...values.keys()]))];
  return names
    .map((name) => ({ name, values: flat.map((values) => values.get(name) ?? null) }))
    .filter((row) => new Set(row.values).size > 1);
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
