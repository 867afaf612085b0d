import { StudioError } from '../../../src-shared/contract/errors.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { readConfig } from '../models/huggingface/model-folder.ts';
import { openModelWeights } from '../models/huggingface/model-weights.ts';
import { quantizeModel } from '../models/huggingface/quantize-model.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

/** Writes a quantized copy of a base as a model folder, tensor by tensor and atomically. */
export async function runQuantizeTask(
  task: EngineTaskOf<'quantize'>,
  context: TaskContext,
): Promise<EngineResultOf<'quantize'>> {
  const config = await readConfig(task.modelDirectory);
  const weights = await openModelWeights(task.modelDirectory);
  try {
    const { description, type, from, outputDirectory } = task;
    let meter: ProgressMeter | null = null;
    await writeFolderAtomic(outputDirectory, (temporary) =>
      quantizeModel({ config, weights, description }, type, from, temporary, async (done, total) => {
        if (await context.signal()) throw new StudioError('cancelled', 'The quantization was cancelled.');
        if (meter !== null) return meter.at(done);
        meter = new ProgressMeter(context, 'Quantizing', total, 'tensors');
        meter.startAt(done);
      }),
    );
    return { kind: 'quantize', outputDirectory };
  } finally {
    await weights.close();
  }
}

export const quantizeJob = defineEngineJob('quantize', runQuantizeTask);
