import { z } from 'zod';
import { newTokensSchema } from '../../../../src-shared/domain/models/new-tokens.ts';
import { plural } from '../../../../src-shared/format/numbers.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { checkModelFiles } from './model-files.ts';
import { requireModel } from './models.ts';
import { writtenModel } from './written-model.ts';

/** Writes a copy of a base with further tokens below the home and adds it as a model. */
export const addTokensJob = defineJob({
  kind: 'add-tokens',
  payload: z.object({ modelId: z.string(), name: z.string(), baseId: z.string(), tokens: newTokensSchema }),
  references: () => [],
  async execute({ modelId, name, baseId, tokens }, context, services) {
    const base = requireModel(services.store, baseId);
    await checkModelFiles(services, base.path);
    const target = { modelId, name, bytes: base.description.sizeBytes, signal: context.abort };
    const { model, result } = await writtenModel(services, target, (outputDirectory) =>
      context.runEngine({
        kind: 'add-tokens',
        ...computeFields(services.store),
        modelDirectory: base.path,
        description: base.description,
        from: { name: base.name, fingerprint: base.description.fingerprint },
        tokens,
        outputDirectory,
      }),
    );
    return {
      status: 'completed',
      result: { modelId: model.id, tokens: result.tokens },
      message: `The model "${model.name}" is ready, with ${plural(tokens.length, 'new token')}.`,
    };
  },
});
