import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { labelHead, type ModelDescription, withTaskHead } from '../../../src-shared/domain/models/model.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { classifierCheckpoint } from '../adapters/weights/classifier-checkpoint.ts';
import { mergedTensors, untiedHeadKey } from '../adapters/weights/merged-weights.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import type { ModelConfigFile } from '../models/family.ts';
import { writeChatTemplate } from '../models/huggingface/chat-template-file.ts';
import { withMembers } from '../models/huggingface/json-members.ts';
import { describeOpened, readConfig } from '../models/huggingface/model-folder.ts';
import { openModelWeights } from '../models/huggingface/model-weights.ts';
import { quantizedFromKey } from '../models/huggingface/quantized-from.ts';
import { copyModelCompanions, type ModelTensor, writeModelWeights } from '../models/huggingface/write-model.ts';
import type { FloatType } from '../tensors/encode-floats.ts';
import { blockTypeNamed } from '../tensors/tensor-types/index.ts';
import { loadTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

const floatTypes: readonly string[] = ['F32', 'F16', 'BF16'] satisfies FloatType[];
/** Includes block types, which become float32 unless another type is requested. */
const isFloat = (dtype: string) => floatTypes.includes(dtype) || blockTypeNamed(dtype) !== null;
const torchNames: Readonly<Record<FloatType, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/**
 * Writes the base with the adapter merged into its weights as a Hugging Face folder, tensor by tensor and atomically.
 */
export async function runExportMergedTask(
  task: EngineTaskOf<'export-merged'>,
  context: TaskContext,
): Promise<EngineResultOf<'export-merged'>> {
  await activateCompute(task.compute, task.threads);
  const config = await readConfig(task.modelDirectory);
  const weights = await openModelWeights(task.modelDirectory);
  try {
    const base = await describeOpened(config, weights);
    const state = await readAdapter(task.adapterDirectory, base);
    const description = withTaskHead(base, state.config.task_type);
    const merged = mergedTensors(weights, description, state);
    const added = [...merged].filter(([key]) => !weights.has(key));
    const headKey = untiedHeadKey(base);
    const isUntied = added.some(([key]) => key === headKey);
    const names = added.flatMap(([key]) => (key === headKey ? [] : key));
    const head =
      names.length === 0 ? null : classifierCheckpoint(description, names, weights.path, state.config.task_type);
    const progress = new ProgressMeter(context, 'Merging', weights.names.length, 'tensors');
    let done = 0;
    const tensors = weights.names
      .filter((name) => isFloat(weights.info(name).dtype))
      .flatMap((name): ModelTensor[] => {
        const own = merged.get(name);
        const key = head === null ? name : head.keyOf(name);
        if (key === null) return [];
        const { dtype, shape } = weights.info(name);
        const tensor: ModelTensor = {
          name: key,
          dtype: task.dtype ?? floatTypeOf(dtype),
          // A head for other labels differs in its rows from the base's.
          shape: own?.shape ?? shape,
          make: async () => {
            if (await context.signal()) throw new StudioError('cancelled', 'The export was cancelled.');
            progress.at(++done);
            return own ? own.make() : weights.read(name);
          },
        };
        return [tensor];
      });
    const dtype = task.dtype ?? tensors[0]?.dtype ?? 'F32';
    for (const [name, { shape, make }] of added) tensors.push({ name, dtype, shape, make });
    await writeFolderAtomic(task.outputDirectory, async (temporary) => {
      await copyModelCompanions(task.modelDirectory, temporary);
      if (task.chatTemplate !== null) await writeChatTemplate(temporary, task.chatTemplate.text);
      await writeModelWeights(temporary, weights.storedForm?.(tensors) ?? tensors);
      const architectures = head === null ? {} : { architectures: [head.architecture] };
      // Transformers finds the last token of a text by its padding.
      const isScored = head !== null && base.kind === 'causal-lm';
      const padding = isScored ? { pad_token_id: (await loadTokenizer(task.modelDirectory)).paddingId } : {};
      // The written weights are no longer quantized.
      const quantization = { quantization_config: undefined, [quantizedFromKey]: undefined };
      const changes = {
        ...labelKeys(state.labels ?? numbered(description, merged)),
        ...dtypeKeys(tensors),
        ...architectures,
        ...padding,
        ...quantization,
        ...(isUntied ? untiedKeys(config) : {}),
      };
      const text = withMembers(await readFile(config.path, 'utf8'), changes);
      await writeFile(path.join(temporary, 'config.json'), text);
    });
    return { kind: 'export-merged', outputDirectory: task.outputDirectory };
  } finally {
    await weights.close();
  }
}

export const exportMergedJob = defineEngineJob('export-merged', runExportMergedTask);

/**
 * Labels by their numbers, as Transformers names those that nobody named, where the adapter's head has another number of them
 * than the base: with its config, the base's would be refused.
 */
function numbered(
  description: ModelDescription,
  merged: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): string[] | null {
  const head = labelHead(description);
  const [rows] = (head && merged.get(`${head.checkpointKey}.weight`)?.shape) ?? [];
  if (rows === undefined || rows === description.labels.length) return null;
  return Array.from({ length: rows }, (_, id) => `LABEL_${id}`);
}

/** The head has values of its own. LFM2 has another name for that. */
function untiedKeys({ value }: ModelConfigFile): Record<string, unknown> {
  const isLfm2 = typeof value === 'object' && value !== null && 'tie_embedding' in value;
  return { tie_word_embeddings: false, ...(isLfm2 ? { tie_embedding: false } : {}) };
}

function labelKeys(labels: readonly string[] | null): Record<string, unknown> {
  if (labels === null) return {};
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}

function dtypeKeys(tensors: readonly ModelTensor[]): Record<string, unknown> {
  const [first] = tensors;
  if (first === undefined) return {};
  return { dtype: torchNames[first.dtype], torch_dtype: torchNames[first.dtype] };
}

function floatTypeOf(dtype: string): FloatType {
  return dtype === 'F16' || dtype === 'BF16' ? dtype : 'F32';
}
