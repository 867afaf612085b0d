import { z } from 'zod';

/** Values by the dotted name of a field: `null` switches off what can be off, `{}` takes it with its defaults. */
export const cellSettingsSchema = z.record(z.string(), z.json());
export type CellSettings = z.infer<typeof cellSettingsSchema>;

/** Label of a cell: "learning_rate = 0.001, CoTo", "CoTo, stage1_ratio = 0.5"; without settings "the run". */
export function cellLabel(settings: CellSettings): string {
  const fields = Object.entries(settings).map(([name, value]) =>
    name === 'coto' ? cotoLabel(value) : `${name.replace(/^adapter\.(parameters\.)?/, '')} = ${valueText(value)}`,
  );
  return fields.length === 0 ? 'the run' : fields.join(', ');
}

/** A value of a field as text: "0.001", "without CoTo". */
export function settingText(name: string, value: CellSettings[string]): string {
  return name === 'coto' ? cotoLabel(value) : valueText(value);
}

function cotoLabel(value: CellSettings[string]): string {
  if (value === null) return 'without CoTo';
  if (typeof value !== 'object' || Array.isArray(value)) return `CoTo ${valueText(value)}`;
  const fields = Object.entries(value).map(([name, field]) => `${name} = ${valueText(field)}`);
  // A schedule of its own is one of the controls, not CoTo.
  return [...(Object.hasOwn(value, 'schedule') ? [] : ['CoTo']), ...fields].join(', ');
}

function valueText(value: CellSettings[string]): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
