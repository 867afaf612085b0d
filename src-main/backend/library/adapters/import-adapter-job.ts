import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { computeFields } from '../../jobs/compute-fields.ts';
import { defineJob } from '../../jobs/define-job.ts';
import type { JobContext } from '../../jobs/job-context.ts';
import type { Services } from '../../services/services.ts';
import { requireModel } from '../models/models.ts';
import { listAdapter, newAdapterFolder } from './adapters.ts';
import { addImport, type ImportedFiles } from './add-import.ts';

/**
 * Adds an adapter whose import takes long: one that PEFT saved on a residual base (PiSSA, OLoRA), as the equal plain LoRA, for
 * which the base's weights are decomposed; or a large one of a kind that is converted to LoRA.
 */
export const importAdapterJob = defineJob({
  kind: 'import-adapter',
  payload: z.object({
    path: z.string(),
    modelId: z.string().nullable(),
    name: z.string(),
    form: z.enum(['residual', 'long']).default('residual'),
    rank: z.number().int().nullable().default(null),
  }),
  references: () => [],
  async execute({ form, ...files }, context, services) {
    return form === 'residual' ? addResidual(files, context, services) : addConverted(files, context, services);
  },
});

async function addConverted(files: ImportedFiles, context: JobContext, services: Services) {
  const startedAt = Date.now();
  const read = await addImport(services, files, {
    signal: context.abort,
    onModules(done, total) {
      const perSecond = (1000 * done) / Math.max(1, Date.now() - startedAt);
      const etaSeconds = (total - done) / perSecond;
      context.progress({ phase: 'Converting', done, total, unit: 'modules', perSecond, etaSeconds });
    },
  });
  if (read.kind !== 'added') throw new Error(`the reader answers ${read.kind} again`);
  const { id, name, origin } = read.adapter;
  const note = origin.kind === 'import' && origin.note !== undefined ? ` ${origin.note}.` : '';
  return { status: 'completed' as const, result: { adapterId: id }, message: `"${name}" is imported.${note}` };
}

async function addResidual({ path, modelId, name }: ImportedFiles, context: JobContext, services: Services) {
  const model = requireModel(services.store, modelId ?? '');
  const { id, directory } = newAdapterFolder(services);
  try {
    await context.runEngine({
      kind: 'convert-adapter',
      ...computeFields(services.store),
      modelDirectory: model.path,
      description: model.description,
      adapterDirectory: path,
      to: 'portable',
      parameters: {},
      outputDirectory: directory,
    });
    const adapter = await listAdapter(
      services,
      id,
      {
        name,
        base: { model, description: model.description },
        origin: { kind: 'import', path },
        datasetId: null,
        accuracy: null,
      },
      { from: directory },
    );
    return {
      status: 'completed' as const,
      result: { adapterId: adapter.id },
      message: `"${adapter.name}" is imported as the equal plain LoRA.`,
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
