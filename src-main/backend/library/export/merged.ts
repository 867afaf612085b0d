import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../../src-shared/format/bytes.ts';
import { blockTypeNamed } from '../../../engine/api/tensors.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import type { Services } from '../../services/services.ts';
import { requireModelOf } from '../adapters/adapter-base.ts';
import { chatTemplateOf } from '../adapters/chat-template-of.ts';
import type { ExportTarget } from './target.ts';

const intoSchema = z.enum(['own', 'unquantized']).default('own');

/** null: the dtype of the base. */
const dtypeSchema = z.enum(['base', 'F32', 'F16', 'BF16']).transform((value) => (value === 'base' ? null : value));

export const merged: ExportTarget = {
  declaration: {
    id: 'merged',
    label: 'Merged model',
    summary: 'The base with the adapter in its weights: a Hugging Face folder that loads without PEFT.',
    parameters: [
      {
        name: 'dtype',
        label: 'Data type',
        type: 'choice',
        default: 'base',
        choices: [
          { value: 'base', label: 'As the base' },
          { value: 'F32', label: 'float32' },
          { value: 'F16', label: 'float16' },
          { value: 'BF16', label: 'bfloat16' },
        ],
        help: 'Dtype of the stored weights.',
      },
      {
        name: 'into',
        label: 'Base',
        type: 'choice',
        default: 'own',
        choices: [
          { value: 'own', label: 'Quantized base of the training' },
          { value: 'unquantized', label: 'Unquantized original' },
        ],
        help: 'For an adapter trained on a quantized base: merge into that base, which keeps its rounding, or into the unquantized original.',
      },
    ],
    makes: 'folder',
  },
  async write({ adapter, directory, parameters }, path, services, context) {
    const { store } = services;
    const base = requireModelOf(store, adapter);
    const { model, note } =
      intoSchema.parse(parameters['into']) === 'own' ? ownBase(store, base) : unquantizedBase(store, base);
    await context.runEngine({
      kind: 'export-merged',
      ...computeFields(store),
      modelDirectory: model.path,
      adapterDirectory: directory,
      dtype: dtypeSchema.parse(parameters['dtype']),
      chatTemplate: await chatTemplateOf(services, adapter),
      outputDirectory: path,
    });
    return note;
  },
};

interface Target {
  readonly model: ModelRecord;
  /** Note on the result, without a full stop; null: none. */
  readonly note: string | null;
}

function ownBase(store: Services['store'], model: ModelRecord): Target {
  if (!isQuantized(model)) return { model, note: null };
  const { dtype, sizeBytes } = model.description;
  const original = unquantizedOf(store, model);
  const way = original
    ? `\`into: unquantized\` merges into "${original.name}" instead`
    : 'Add its unquantized base and quantize that one to merge into it instead';
  return {
    model,
    note: `Merged into the ${dtype} weights of "${model.name}" (${formatBytes(sizeBytes)}), written as floats: what quantization had lost stays lost. ${way}`,
  };
}

function unquantizedBase(store: Services['store'], model: ModelRecord): Target {
  if (!isQuantized(model))
    throw new StudioError(
      'refused',
      `"${model.name}", the base of the adapter, is not quantized.`,
      'Merge into the base that it was trained on (into: own).',
    );
  const original = unquantizedOf(store, model);
  if (original === null)
    throw new StudioError(
      'refused',
      model.description.quantizedFrom
        ? `"${model.description.quantizedFrom.name}", from which "${model.name}" was quantized, is not in the studio, or has changed since.`
        : `"${model.name}" does not say from which base it was quantized.`,
      'Add that base (coto models add), or merge into the quantized one (into: own).',
    );
  return {
    model: original,
    note: `Merged into "${original.name}", from which "${model.name}" was quantized: the adapter had learned beside the quantized weights, so outputs differ a little from those of its run`,
  };
}

function isQuantized({ description }: ModelRecord): boolean {
  return blockTypeNamed(description.dtype) !== null;
}

/** The base that a model was quantized from, where the studio has it. */
function unquantizedOf(store: Services['store'], { description }: ModelRecord): ModelRecord | null {
  const wanted = description.quantizedFrom?.fingerprint;
  return store.models.list().find((one) => one.description.fingerprint === wanted) ?? null;
}
