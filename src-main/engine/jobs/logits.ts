import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { toHost } from '../ops/to-host.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../tensors/safetensors.ts';
import { defineEngineJob } from './define-job.ts';
import { loadingProgress } from './loading-progress.ts';

/**
 * Runs the base, or the base with an adapter, on the tensors of a safetensors file (e.g. pixel_values [batch, channels,
 * height, width], or input_ids [batch, tokens]) and writes its outputs by their names, `logits` for most models: for
 * checks against another implementation.
 */
export async function runLogitsTask(
  task: EngineTaskOf<'logits'>,
  context: TaskContext,
): Promise<EngineResultOf<'logits'>> {
  const compute = await activateCompute(task.compute, task.threads);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const given = await readSafetensors(task.inputsFile);
  if (given.size === 0) throw new StudioError('invalid_file', `${task.inputsFile} contains no tensors.`);
  const base = await loadBaseModel(task.modelDirectory, loadingProgress(context));
  const model = new AdaptedModel(base);
  try {
    if (task.adapterDirectory !== null) model.loadState(await readAdapter(task.adapterDirectory, base.description));
    await writeSafetensors(task.outputFile, await runOnce(model, given));
    return { kind: 'logits', outputFile: task.outputFile };
  } finally {
    model.dispose();
    base.dispose();
  }
}

export const logitsJob = defineEngineJob('logits', runLogitsTask);

async function runOnce(model: AdaptedModel, given: ReadonlyMap<string, HostTensor>): Promise<Map<string, HostTensor>> {
  const inputs: Record<string, tf.Tensor> = {};
  for (const [name, { data, shape }] of given)
    inputs[name] = tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
  const outputs = model.outputs(inputs);
  try {
    const named = new Map<string, HostTensor>();
    for (const [name, output] of Object.entries(outputs)) named.set(name, await toHost(output));
    return named;
  } finally {
    tf.dispose([...Object.values(outputs), ...Object.values(inputs)]);
  }
}
