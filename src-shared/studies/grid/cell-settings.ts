import { z } from 'zod';
import { schedules } from '../../coto/schedules/index.ts';
import { cotoScheduleSchema, currentScheduleId } from '../../domain/runs/coto.ts';
import { midSentence } from '../../format/mid-sentence.ts';
import type { FieldWords } from '../config/field-words.ts';

/** Values by the dotted name of a field: `null` switches off what can be off, `{}` takes it with its defaults. */
export const cellSettingsSchema = z.record(z.string(), z.json());
export type CellSettings = z.infer<typeof cellSettingsSchema>;

/** Label of a cell: "learning rate 0.001, CoTo", "DoRA, stochastic depth"; without settings "the run". */
export function cellLabel(settings: CellSettings, words: FieldWords): string {
  const fields = Object.entries(settings).map(([name, value]) =>
    name === 'coto' ? cotoLabel(value, words) : fieldLabel(name, value, words),
  );
  return fields.length === 0 ? 'the run' : fields.join(', ');
}

/** A value of a field as text: "0.001", "DoRA", "without CoTo". */
export function settingText(name: string, value: CellSettings[string], words: FieldWords): string {
  return name === 'coto' ? cotoLabel(value, words) : valueText(name, value, words);
}

/** A schedule amid a label: "CoTo", "stochastic depth"; without what its label says in brackets. */
export function scheduleName(id: string): string {
  const known = cotoScheduleSchema.safeParse(currentScheduleId(id));
  if (!known.success) return id;
  // Names such as LISA keep their capital, words do not.
  return midSentence(schedules[known.data].declaration.label.replace(/ \(.*\)$/, ''));
}

function cotoLabel(value: CellSettings[string], words: FieldWords): string {
  if (value === null) return 'without CoTo';
  if (typeof value !== 'object' || Array.isArray(value)) return `CoTo ${valueText('coto', value, words)}`;
  const { schedule = 'coto', ...fields } = value;
  return [
    typeof schedule === 'string' ? scheduleName(schedule) : valueText('coto.schedule', schedule, words),
    ...Object.entries(fields).map(([name, field]) => fieldLabel(`coto.${name}`, field, words)),
  ].join(', ');
}

function fieldLabel(name: string, value: CellSettings[string], words: FieldWords): string {
  return words.setting(name, valueText(name, value, words));
}

/** A value in words, as labels never show JSON: "q_proj + v_proj", "q_proj: 4 + v_proj: 8". */
function valueText(name: string, value: CellSettings[string], words: FieldWords): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'string') return words.choice(name, value);
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => valueText(name, one, words)).join(' + ');
  if (typeof value !== 'object') return String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${valueText(name, field, words)}`);
  return fields.length === 0 ? 'none' : fields.join(' + ');
}
