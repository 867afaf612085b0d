import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { requireDiskSpace } from '../../../files/disk-space.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { addModel, newModelFolder } from './models.ts';

interface NewModel {
  readonly modelId: string;
  readonly name: string;
  /** Disk space that the model needs; null if unknown. */
  readonly bytes: number | null;
  readonly signal: AbortSignal;
}

/** Writes a model into a new folder below the home and adds it. The folder is removed if either fails. */
export async function writtenModel<Result>(
  services: HandlerServices,
  { modelId, name, bytes, signal }: NewModel,
  write: (folder: string) => Promise<Result>,
): Promise<{ readonly model: ModelRecord; readonly result: Result }> {
  const folder = newModelFolder(services, name);
  if (bytes !== null) await requireDiskSpace(dirname(folder), bytes);
  try {
    const result = await write(folder);
    return { model: await addModel(services, folder, { name, id: modelId, signal }), result };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
