import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { byteProgress } from '../../../files/byte-progress.ts';
import type { JobContext } from '../../jobs/define-job.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { addModel, newModelFolder } from './models.ts';

/** A GGUF file, and what the model that is made of it is called. */
interface Conversion {
  readonly modelId: string;
  readonly name: string;
  readonly file: string;
  /** True if quantized weights become float32. */
  readonly float32: boolean;
}

/** Converts a GGUF file to a Hugging Face folder below the home and adds it as a model; warnings are notified. */
export async function convertedModel(
  { modelId, name, file, float32 }: Conversion,
  context: JobContext,
  services: HandlerServices,
): Promise<ModelRecord> {
  const folder = newModelFolder(services, name);
  const warnings: string[] = [];
  const progress = byteProgress(`Converting ${basename(file)}`, context.progress);
  await writeFolderAtomic(folder, async (temporary) => {
    const conversion = await services.reader.read(
      'convertGguf',
      { file, folder: temporary, decoded: float32 },
      { signal: context.abort, on: { written: ({ bytes, totalBytes }) => progress(bytes, totalBytes) } },
    );
    warnings.push(...conversion.warnings);
  });
  try {
    const model = await addModel(services, folder, { name, id: modelId, signal: context.abort });
    for (const message of warnings)
      services.hub.notify({ level: 'warning', title: context.job.title, message, error: null });
    return model;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
