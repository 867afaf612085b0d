import { z } from 'zod';

/** Values by the dotted name of a field: `null` switches off what can be off, `{}` takes it with its defaults. */
export const cellSettingsSchema = z.record(z.string(), z.json());
export type CellSettings = z.infer<typeof cellSettingsSchema>;

/** Label of a cell: "learning_rate = 0.001, CoTo"; without settings "the run". */
export function cellLabel(settings: CellSettings): string {
  const fields = Object.entries(settings).map(([name, value]) => {
    if (name === 'coto')
      return value === null ? 'without CoTo' : isPlain(value) ? 'CoTo' : `CoTo ${JSON.stringify(value)}`;
    const short = name.replace(/^adapter\.(parameters\.)?/, '');
    return `${short} = ${typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
  return fields.length === 0 ? 'the run' : fields.join(', ');
}

function isPlain(value: CellSettings[string]): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
