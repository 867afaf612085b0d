import { readAdapter } from '../../../engine/api/adapters.ts';
import { type AdapterFormat, adapterFormats } from '../../../engine/api/formats.ts';
import type { Services } from '../../services/services.ts';
import type { ExportSource, ExportTarget } from './target.ts';

/** The formats of adapters as export targets; PEFT's folder has one of its own, which takes the tokenizer along. */
export const formatTargets: readonly ExportTarget[] = adapterFormats
  .filter(({ id }) => id !== 'peft')
  .map((format) => ({
    declaration: {
      id: format.id,
      label: format.label,
      summary: format.summary,
      parameters: [],
      makes: format.makes,
      ...(format.extension === undefined ? {} : { extension: format.extension }),
    },
    async write(source, path, services) {
      await writeFormat(format, source, path, services);
      return null;
    },
  }));

/** Writes an adapter of the studio in a format. */
export async function writeFormat(
  format: AdapterFormat,
  { adapter, directory, base }: ExportSource,
  path: string,
  { reader }: Pick<Services, 'reader'>,
): Promise<void> {
  const { model, description } = base;
  const state = await readAdapter(directory, description);
  const config = model === null ? null : await reader.read('modelConfig', { folder: model.path });
  await format.write(path, { state, description, name: adapter.name, config });
}
