import { basename } from 'node:path';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { byteProgress } from '../../../files/byte-progress.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import type { JobContext } from '../../jobs/job-context.ts';
import { writtenModel } from './written-model.ts';

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
  const warnings: string[] = [];
  const progress = byteProgress(`Converting ${basename(file)}`, context.progress);
  const { model } = await writtenModel(services, { modelId, name, bytes: null, signal: context.abort }, (folder) =>
    writeFolderAtomic(folder, async (temporary) => {
      const conversion = await services.reader.read(
        'convertGguf',
        { file, folder: temporary, decoded: float32 },
        { signal: context.abort, on: { written: ({ bytes, totalBytes }) => progress(bytes, totalBytes) } },
      );
      warnings.push(...conversion.warnings);
    }),
  );
  for (const message of warnings)
    services.hub.notify({ level: 'warning', title: context.job.title, message, error: null });
  return model;
}
