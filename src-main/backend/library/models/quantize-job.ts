import { z } from 'zod';
import { quantizationSchema } from '../../../../src-shared/domain/models/quantization.ts';
import { formatBytes } from '../../../../src-shared/format/bytes.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { checkModelFiles } from './model-files.ts';
import { requireModel } from './models.ts';
import { planOf } from './quantization-plan.ts';
import { writtenModel } from './written-model.ts';

/** Writes a quantized copy of a base below the home and adds it as a model. */
export const quantizeJob = defineJob({
  kind: 'quantize',
  payload: z.object({ modelId: z.string(), name: z.string(), baseId: z.string(), type: quantizationSchema }),
  references: () => [],
  async execute({ modelId, name, baseId, type }, context, services) {
    const base = requireModel(services.store, baseId);
    await checkModelFiles(services, base.path);
    const plan = await planOf(base);
    const bytes = plan.choices.find((choice) => choice.type === type)?.afterBytes ?? 0;
    const target = { modelId, name, bytes, signal: context.abort };
    const { model } = await writtenModel(services, target, (outputDirectory) =>
      context.runEngine({
        kind: 'quantize',
        ...computeFields(services.store),
        modelDirectory: base.path,
        description: base.description,
        from: { name: base.name, fingerprint: base.description.fingerprint },
        type,
        outputDirectory,
      }),
    );
    const sizes = `${formatBytes(model.description.sizeBytes)} instead of ${formatBytes(base.description.sizeBytes)}`;
    return {
      status: 'completed',
      result: { modelId: model.id },
      message: `The model "${model.name}" is ready: ${sizes}.`,
    };
  },
});
