import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { convertGguf } from '../../engine/formats/gguf/convert.ts';
import { writeFolderAtomic } from '../../engine/tensors/atomic.ts';
import { requireDiskSpace } from '../library/disk-space.ts';
import { addModel, newModelFolder } from '../library/models.ts';
import { byteProgress } from './byte-progress.ts';
import { defineJob } from './define-job.ts';

/** Converts a GGUF file to a Hugging Face folder below the home and adds it as a model. */
export const convertJob = defineJob({
  kind: 'convert',
  payload: z.object({ modelId: z.string(), name: z.string(), file: z.string(), float32: z.boolean().default(false) }),
  references: () => [],
  async execute({ modelId, name, file, float32 }, context, services) {
    const folder = newModelFolder(services, name);
    const warnings: string[] = [];
    await writeFolderAtomic(folder, async (temporary) => {
      const conversion = await convertGguf(file, temporary, {
        decoded: float32,
        signal: context.abort,
        onProgress: byteProgress(`Converting ${basename(file)}`, context.progress),
        beforeWriting: (bytes) => requireDiskSpace(dirname(folder), bytes),
      });
      warnings.push(...conversion.warnings);
    });
    try {
      const model = await addModel(services, folder, { name, id: modelId });
      for (const message of warnings)
        services.hub.notify({ level: 'warning', title: context.job.title, message, error: null });
      return { status: 'completed', result: { modelId: model.id }, message: `The model "${model.name}" is ready.` };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  },
});
