import { z } from 'zod';
import { schedules } from '../coto/schedules/index.ts';
import { cotoScheduleSchema } from '../domain/coto.ts';

/** Values by the dotted name of a field: `null` switches off what can be off, `{}` takes it with its defaults. */
export const cellSettingsSchema = z.record(z.string(), z.json());
export type CellSettings = z.infer<typeof cellSettingsSchema>;

/** Label of a cell: "learning_rate = 0.001, CoTo", "stochastic depth", "q_proj + v_proj"; without settings "the run". */
export function cellLabel(settings: CellSettings): string {
  const fields = Object.entries(settings).map(([name, value]) =>
    name === 'coto' ? cotoLabel(value) : fieldLabel(name.replace(/^(adapter\.(parameters\.)?|coto\.)/, ''), value),
  );
  return fields.length === 0 ? 'the run' : fields.join(', ');
}

/** A value of a field as text: "0.001", "without CoTo". */
export function settingText(name: string, value: CellSettings[string]): string {
  return name === 'coto' ? cotoLabel(value) : valueText(value);
}

/** A schedule amid a label: "CoTo", "stochastic depth"; without what its label says in brackets. */
export function scheduleName(id: string): string {
  const known = cotoScheduleSchema.safeParse(id);
  if (!known.success) return id;
  const label = schedules[known.data].declaration.label.replace(/ \(.*\)$/, '');
  // Names such as LISA keep their capital, words do not.
  return /^[A-Z][a-z]+( |$)/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}

function cotoLabel(value: CellSettings[string]): string {
  if (value === null) return 'without CoTo';
  if (typeof value !== 'object' || Array.isArray(value)) return `CoTo ${valueText(value)}`;
  const { schedule = 'coto', ...fields } = value;
  return [
    scheduleName(valueText(schedule)),
    ...Object.entries(fields).map(([name, field]) => fieldLabel(name, field)),
  ].join(', ');
}

function fieldLabel(name: string, value: CellSettings[string]): string {
  return `${name} = ${valueText(value)}`;
}

/** A value in words, as labels never show JSON: "q_proj + v_proj", "q_proj: 4 + v_proj: 8". */
function valueText(value: CellSettings[string]): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(valueText).join(' + ');
  if (typeof value !== 'object') return String(value);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${valueText(field)}`);
  return fields.length === 0 ? 'none' : fields.join(' + ');
}
