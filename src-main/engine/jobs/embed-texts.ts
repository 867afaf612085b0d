import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PoolingMode } from '../../../src-shared/tasks/embedding.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import type { WarmBase } from '../generation/warm-base.ts';
import type { BaseModel } from '../models/base-model.ts';
import { readModelJson } from '../models/huggingface/model-json.ts';
import { readSentenceTransformer } from '../models/huggingface/sentence-transformer.ts';
import { type RowVectors, rowVectors } from '../tasks/embedding/row-vectors.ts';
import type { TokenRow } from '../tasks/shared/token-rows.ts';
import { loadTokenizer, type TextTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

/** Texts of a batch, as in an evaluation. */
const batchSize = 32;

/** Vectors of texts by a base, or by an adapter on it, as sentence-transformers encodes them. The base stays in `warm`. */
export async function runEmbedTextsTask(
  task: EngineTaskOf<'embed-texts'>,
  context: TaskContext,
  warm: WarmBase,
): Promise<EngineResultOf<'embed-texts'>> {
  warm.releaseUnlessOn(task.compute);
  const { modelDirectory, adapterDirectory } = task;
  const sentence = await readSentenceTransformer(modelDirectory, task.pooling_mode);
  const encoding = await readEncoding(modelDirectory);
  const tokenizer = await loadTokenizer(modelDirectory);
  await activateCompute(task.compute, task.threads);
  return warm.use({ directory: modelDirectory, compute: task.compute, bfloat16: false }, async (base) => {
    const model = new AdaptedModel(base);
    try {
      const state = adapterDirectory === null ? null : await readAdapter(adapterDirectory, base.description);
      requireVectors(base, { adapterTask: state?.config.task_type ?? null, isSentenceModel: encoding.isSentenceModel });
      if (state !== null) model.loadState(state);
      const { maxPositions } = base.description.text ?? {};
      const rows = tokenRows(task.inputs, tokenizer, {
        ...encoding,
        maxLength: Math.min(maxPositions ?? Number.POSITIVE_INFINITY, sentence.maxLength ?? Number.POSITIVE_INFINITY),
        vocabulary: base.description.text?.vocabularySize ?? Number.POSITIVE_INFINITY,
      });
      const mode: PoolingMode = sentence.pooling ?? (base.description.kind === 'causal-lm' ? 'lasttoken' : 'mean');
      const meter = new ProgressMeter(context, 'Embedding', rows.length, 'texts');
      meter.startAt(0);
      const found = await rowVectors(
        model,
        { indices: Int32Array.from(rows.keys()), row: (index) => rows[index] ?? noTokens },
        { pooling: { mode, dense: sentence.dense }, padding: tokenizer.paddingId },
        {
          batchSize,
          cancelled: async () => (await context.signal()) !== null,
          onProgress: (done) => meter.at(done),
        },
      );
      const { vectors, width } = cutTo(task.dimensions, found, encoding.matryoshka);
      const bytes = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength);
      const tokens = rows.map(({ ids }) => ids.length);
      return { kind: 'embed-texts', result: { width, vectors: bytes.toString('base64'), tokens } };
    } finally {
      model.dispose();
    }
  });
}

export const embedTextsJob = defineEngineJob(
  'embed-texts',
  (task, context, { warm }) => runEmbedTextsTask(task, context, warm),
  {
    keepsWarmBase: true,
  },
);

const noTokens: TokenRow = { ids: new Int32Array(0), marks: new Uint8Array(0) };

/** @throws StudioError refused for a model without vectors of texts */
function requireVectors(
  { description }: BaseModel,
  { adapterTask, isSentenceModel }: { readonly adapterTask: string | null; readonly isSentenceModel: boolean },
): void {
  const { kind, image } = description;
  if (adapterTask !== null && adapterTask !== 'FEATURE_EXTRACTION')
    throw new StudioError(
      'refused',
      `The adapter was trained for ${adapterTask}, not for vectors of texts.`,
      'Choose an embedding adapter, or the base alone.',
    );
  const isEmbedder = kind === 'embedding' || isSentenceModel || adapterTask !== null;
  if (image !== null || !isEmbedder)
    throw new StudioError(
      'refused',
      `The model is one for ${kind}, without vectors of texts.`,
      'Choose a sentence model, or an embedding adapter.',
    );
}

const encodingSchema = z.looseObject({
  prompts: z.record(z.string(), z.string()).nullish(),
  default_prompt_name: z.string().nullish(),
});
const poolingSchema = z.looseObject({ include_prompt: z.boolean().nullish() });
const lowerCaseSchema = z.looseObject({ do_lower_case: z.boolean().nullish() });
const matryoshkaSchema = z.looseObject({
  is_matryoshka: z.boolean().nullish(),
  matryoshka_dimensions: z.array(z.number().int().positive()).nullish(),
});

interface Encoding {
  /** True for folders with files of sentence-transformers. */
  readonly isSentenceModel: boolean;
  /** Text before each text. */
  readonly prompt: string;
  readonly isLowerCase: boolean;
  /** Widths that vectors may be cut to; null if the model's config names none, 'any' for all. */
  readonly matryoshka: readonly number[] | 'any' | null;
}

/** Reads how sentence-transformers encodes texts, and whether vectors may be cut, by the keys that vLLM reads. */
async function readEncoding(directory: string): Promise<Encoding> {
  const read = <Value>(name: string, schema: z.ZodType<Value>) => readModelJson(path.join(directory, name), schema);
  const { prompts, default_prompt_name: name } =
    (await read('config_sentence_transformers.json', encodingSchema)) ?? {};
  const prompt = name == null ? '' : (prompts?.[name] ?? null);
  if (prompt === null)
    throw new StudioError(
      'invalid_file',
      `config_sentence_transformers.json of the model has the default_prompt_name "${name}", but no such prompt.`,
      'Correct the file.',
    );
  const pooling = await read('1_Pooling/config.json', poolingSchema);
  if (prompt !== '' && pooling?.include_prompt === false)
    throw new StudioError(
      'refused',
      'The model leaves its prompt out of the pooling, which is not computed here.',
      'Remove default_prompt_name from config_sentence_transformers.json.',
    );
  const { is_matryoshka: isMatryoshka, matryoshka_dimensions: widths } =
    (await read('config.json', matryoshkaSchema)) ?? {};
  return {
    isSentenceModel: (await read('modules.json', z.array(z.unknown()))) !== null,
    prompt,
    isLowerCase: (await read('sentence_bert_config.json', lowerCaseSchema))?.do_lower_case === true,
    matryoshka: widths ?? (isMatryoshka === true ? 'any' : null),
  };
}

/** @throws StudioError invalid_input for a text without tokens or with too many, and for ids that are not in the vocabulary */
function tokenRows(
  inputs: EngineTaskOf<'embed-texts'>['inputs'],
  tokenizer: TextTokenizer,
  {
    prompt,
    isLowerCase,
    maxLength,
    vocabulary,
  }: Encoding & { readonly maxLength: number; readonly vocabulary: number },
): TokenRow[] {
  return inputs.map((input, index) => {
    const refuse = (problem: string, hint: string): never => {
      throw new StudioError('invalid_input', `Input ${index} ${problem}.`, hint).at('input');
    };
    if (typeof input !== 'string') {
      const unknown = input.find((id) => id >= vocabulary);
      if (unknown !== undefined)
        refuse(`has the token ${unknown}, but the model has ${vocabulary}`, "Use ids of the model's own tokenizer.");
    }
    const text = typeof input === 'string' ? prompt + input : '';
    const { ids, typeIds } =
      typeof input === 'string'
        ? tokenizer.encode(isLowerCase ? text.toLowerCase() : text)
        : { ids: input, typeIds: input.map(() => 0) };
    if (ids.length === 0) refuse('has no token', 'Write at least one word.');
    if (ids.length > maxLength)
      refuse(`has ${ids.length} tokens, but the model takes ${maxLength}`, 'Shorten it, or split it into parts.');
    return { ids: Int32Array.from(ids), marks: Uint8Array.from(typeIds) };
  });
}

/**
 * Cuts vectors to their leading values, and brings them back to unit length.
 * @throws StudioError invalid_input for models whose vectors may not be cut to this width
 */
function cutTo(
  dimensions: number | null,
  { vectors, width }: RowVectors,
  matryoshka: Encoding['matryoshka'],
): RowVectors {
  if (dimensions === null || dimensions === width) return { vectors, width };
  const isAllowed = matryoshka === 'any' ? dimensions < width : matryoshka?.includes(dimensions) === true;
  if (!isAllowed || dimensions > width) {
    const widths = Array.isArray(matryoshka) ? [...matryoshka, width].join(', ') : `${width}`;
    throw new StudioError(
      'invalid_input',
      matryoshka === null
        ? `The vectors have ${width} values and may not be cut: the config of the model names no Matryoshka dimensions.`
        : `The vectors cannot have ${dimensions} values.`,
      matryoshka === 'any' ? `Use at most ${width}.` : `Use ${widths}, or leave dimensions out.`,
    ).at('dimensions');
  }
  const count = vectors.length / width;
  const cut = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const own = vectors.subarray(row * width, row * width + dimensions);
    const length = Math.hypot(...own) || 1;
    cut.set(
      own.map((value) => value / length),
      row * dimensions,
    );
  }
  return { vectors: cut, width: dimensions };
}
