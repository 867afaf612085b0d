import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { pretrainConfigSchema } from '../../../../src-shared/domain/runs/pretrain.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { resolveDataset } from '../datasets/datasets.ts';
import { addModel } from './models.ts';

/** Trains a base model from scratch and adds it to the studio. */
export const pretrainJob = defineJob({
  kind: 'pretrain',
  payload: z.object({ modelId: z.string(), name: z.string(), config: pretrainConfigSchema, path: z.string() }),
  references: () => [],
  writesTo: ({ path }) => path,
  async execute({ modelId, name, config, path }, context, services) {
    if (existsSync(path))
      throw new StudioError('refused', `${path} already exists.`, 'Choose another folder: nothing is overwritten.');
    const [data = ''] = config.train_data;
    const dataset = config.tokenizer === null ? (await resolveDataset(services, data)).source : null;
    const checkpointDirectory = `${path}.checkpoint`;
    const { outcome, result } = await context.runEngine({
      kind: 'pretrain',
      ...computeFields(services.store),
      config,
      dataset,
      outputDirectory: path,
      checkpointDirectory,
    });
    if (result === null) return { status: outcome, message: null };
    await addModel(services, path, { name, id: modelId });
    await rm(checkpointDirectory, { recursive: true, force: true });
    return { status: outcome, result, message: `The model "${name}" is ready.` };
  },
});
