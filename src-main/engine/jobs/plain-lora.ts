import { StudioError } from '../../../src-shared/contract/errors.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import { activateCompute } from '../compute/index.ts';
import { toPlainLora } from '../formats/adapters/plain-lora.ts';
import { BaseWeights } from '../merge/run/base-weights.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

/** Writes an adapter of any variant as plain LoRA, in a PEFT folder. The base is opened only if the variant needs it. */
export const plainLoraJob = defineEngineJob('plain-lora', async (task, context) => {
  const { description, modelDirectory, rank, energy, outputDirectory } = task;
  const state = await readAdapter(task.adapterDirectory, description);
  if (state.variant.product.lowRank === null && modelDirectory === null)
    throw new StudioError(
      'refused',
      `${state.variant.declaration.label}'s update depends on the weights of the base, which is not in the studio.`,
      'Add the base model, then import the adapter again.',
    );
  if (state.variant.product.lowRank === null) await activateCompute(task.compute, task.threads);
  const weights = new BaseWeights({ description, directory: modelDirectory });
  const progress = new ProgressMeter(context, 'Converting', state.modules.size, 'modules');
  try {
    const made = await toPlainLora(
      state,
      description,
      { rank, energy },
      (name) => weights.read(name),
      async (done) => {
        progress.at(done);
        if (await context.signal()) throw new StudioError('cancelled', 'The conversion was cancelled.');
      },
    );
    await writeAdapter(outputDirectory, made.state, {
      description,
      baseModelName: state.config.base_model_name_or_path ?? description.architecture,
    });
    return { kind: 'plain-lora', report: made.report };
  } finally {
    await weights.close();
  }
});
