import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import { preprocessorFile } from '../data/preprocessor-config.ts';
import type { TaskContext } from '../events.ts';
import { withLabelForm } from '../losses/batch-loss.ts';
import type { ModelConfigFile } from '../models/family.ts';
import { withMembers } from '../models/huggingface/json-members.ts';
import { familyOf, readConfig } from '../models/huggingface/model-folder.ts';
import { copyModelCompanions, writeModelWeights } from '../models/huggingface/write-model.ts';
import { smoothedForm } from '../ops/loss/label-form.ts';
import { toHost } from '../ops/to-host.ts';
import { freshWeights } from '../pretrain/fresh-weights.ts';
import { FullModel } from '../pretrain/full-model.ts';
import { imageExamples } from '../pretrain/image-examples.ts';
import { languageExamples } from '../pretrain/language-examples.ts';
import { runPretraining } from '../pretrain/pretraining-run.ts';
import { pretrainProvenance } from '../pretrain/provenance.ts';
import type { FloatType } from '../tensors/encode-floats.ts';
import { elementCount } from '../tensors/host-tensor.ts';
import type { TensorSource } from '../tensors/safetensors.ts';
import { transposed } from '../tensors/transpose.ts';
import { hashBase, hashDataset } from '../training/training-inputs.ts';
import { defineEngineJob } from './define-job.ts';

const floatTypes = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const satisfies Record<string, FloatType>;
const freshKeys = z.looseObject({
  model_type: z.string(),
  initializer_range: z.number().positive().default(0.02),
  n_layer: z.number().int().optional(),
});

/** Trains a new model of a family and writes it atomically as a Hugging Face folder. */
export async function runPretrainTask(
  task: EngineTaskOf<'pretrain'>,
  context: TaskContext,
): Promise<EngineResultOf<'pretrain'>> {
  const { config } = task;
  const compute = await activateCompute(task.compute, task.threads);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const file = await readConfig(await folderOf(config.model_config));
  const { source, description, variables, base } = await freshModel(file, config.seed);
  const model = new FullModel(base, variables);
  try {
    const examples =
      description.kind === 'causal-lm'
        ? await languageExamples(config, description, context)
        : await imageExamples(config, description, await folderOf(config.model_config), task.dataset);
    try {
      const data = await hashData(task);
      const run = await runPretraining({
        config,
        model,
        data,
        exampleCount: examples.count,
        context,
        checkpointDirectory: task.checkpointDirectory,
        loadBatch: async (indices, place) =>
          withLabelForm(await examples.loadBatch(indices, place), smoothedForm(config.label_smoothing_factor)),
        evaluate: () => examples.evaluate(model, context),
      });
      const { outcome, score } = run;
      if (score === null) return { kind: 'pretrain', outcome, result: null };
      const result = {
        steps: run.steps,
        parameterCount: description.parameterCount,
        trainLoss: run.trainLoss,
        evalLoss: score.loss,
        perplexity: score.accuracy === null ? Math.exp(score.loss) : null,
        accuracy: score.accuracy,
        seconds: run.seconds,
      };
      await writeFolderAtomic(task.outputDirectory, async (temporary) => {
        if (config.tokenizer !== null) await copyModelCompanions(config.tokenizer, temporary);
        else await copyPreprocessing(await folderOf(config.model_config), temporary);
        await writeWeights(temporary, source, description, variables, floatTypes[config.save_dtype]);
        const dtypes = { torch_dtype: config.save_dtype, dtype: config.save_dtype };
        const text = withMembers(await readFile(file.path, 'utf8'), dtypes);
        await writeFile(path.join(temporary, 'config.json'), text);
        await writeFile(
          path.join(temporary, 'PROVENANCE.md'),
          pretrainProvenance(config, result, examples.said, compute),
        );
      });
      return { kind: 'pretrain', outcome, result };
    } finally {
      examples.close();
    }
  } finally {
    base.dispose();
  }
}

export const pretrainJob = defineEngineJob('pretrain', runPretrainTask);

/** Hashes of the dataset, or of the texts and their tokenizer. */
async function hashData({ config: { train_data, tokenizer }, dataset }: EngineTaskOf<'pretrain'>): Promise<string> {
  const sources = dataset === null ? train_data.map((path) => ({ reader: 'text', path, options: {} })) : [dataset];
  const hashes: string[] = [];
  for (const source of sources) hashes.push((await hashDataset(source)).sha256);
  if (tokenizer !== null) hashes.push(...Object.values((await hashBase(tokenizer, '')).files));
  return createHash('sha256').update(hashes.join()).digest('hex');
}

async function freshModel(file: ModelConfigFile, seed: number) {
  const keys = freshKeys.parse(file.value);
  const source = freshWeights(RandomStream.seeded(seed, 'initialization'), {
    deviation: keys.initializer_range,
    residualLayers: keys.model_type === 'gpt2' ? (keys.n_layer ?? 12) : 0,
  });
  const family = familyOf(file);
  const described = family.describe(file, source);
  const description: ModelDescription = {
    family: family.declaration.id,
    ...described,
    parameterCount: source.names.reduce((sum, name) => sum + elementCount(source.info(name).shape), 0),
    sizeBytes: 0,
    dtype: 'F32',
    fingerprint: '',
  };
  if (description.kind !== 'causal-lm' && description.kind !== 'image-classification')
    throw new StudioError(
      'refused',
      `${file.path}: models of this kind (${description.kind}) cannot be trained from scratch here.`,
      'Language models (llama, mistral, qwen2, qwen3, gpt2) and image classifiers (vit, siglip, dinov2, …) can.',
    );
  const variables = new Map<string, tf.Variable>();
  const base = await family.load(description, file, source, { trained: variables });
  return { source, description, variables, base };
}

/** Each tensor in the shape and layout of the checkpoint: Conv1D weights are transposed in memory. */
async function writeWeights(
  directory: string,
  source: TensorSource,
  description: ModelDescription,
  variables: ReadonlyMap<string, tf.Variable>,
  dtype: FloatType,
): Promise<void> {
  const turned = new Set(
    description.linears.filter(({ fanInFanOut }) => fanInFanOut).map(({ checkpointKey }) => `${checkpointKey}.weight`),
  );
  const tensors = [...variables].map(([name, variable]) => {
    const { shape } = source.info(name);
    const make = async () => {
      const values = await toHost(variable);
      return { shape, data: (turned.has(name) ? transposed(values) : values).data };
    };
    return { name, dtype, shape, make };
  });
  await writeModelWeights(directory, tensors);
}

/** Image preprocessing of the folder, if given, so that the model sees images as in training. */
async function copyPreprocessing(from: string, to: string): Promise<void> {
  const file = path.join(from, preprocessorFile);
  if (existsSync(file)) await copyFile(file, path.join(to, preprocessorFile));
}

async function folderOf(given: string): Promise<string> {
  const status = await stat(given).catch(() => null);
  if (status === null)
    throw new StudioError(
      'invalid_input',
      `model_config: ${given} does not exist.`,
      'Give a config.json or its folder.',
    ).at('model_config');
  return status.isDirectory() ? given : path.dirname(given);
}
