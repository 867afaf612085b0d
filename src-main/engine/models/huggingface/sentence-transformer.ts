import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type PoolingMode, poolingModes } from '../../../../src-shared/tasks/embedding.ts';
import { readModelJson } from './model-json.ts';

/** Settings from sentence-transformers' files; null if absent. */
interface SentenceTransformer {
  readonly pooling: PoolingMode | null;
  /** Tokens of a text. */
  readonly maxLength: number | null;
}

const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() }));
const lengthSchema = z.looseObject({ max_seq_length: z.number().int().positive().nullish() });
const poolingSchema = z.looseObject({ pooling_mode: z.union([z.string(), z.array(z.string())]).nullish() });

/** The keys of a pooling before there was pooling_mode. */
const olderKeys: readonly (readonly [string, string])[] = [
  ['pooling_mode_cls_token', 'cls'],
  ['pooling_mode_max_tokens', 'max'],
  ['pooling_mode_mean_tokens', 'mean'],
  ['pooling_mode_mean_sqrt_len_tokens', 'mean_sqrt_len_tokens'],
  ['pooling_mode_weightedmean_tokens', 'weightedmean'],
  ['pooling_mode_lasttoken', 'lasttoken'],
];

/** Parts of a model that its vectors go through: cosine similarity takes no notice of the last one. */
const knownModules: ReadonlySet<string> = new Set(['Transformer', 'Pooling', 'Normalize']);

/**
 * Reads modules.json, the pooling's config and sentence_bert_config.json, where a model has them.
 * @param chosen the pooling, in place of the model's
 * @throws StudioError invalid_file for a file that is not as it should be, refused for a part that is not computed here.
 */
export async function readSentenceTransformer(
  directory: string,
  chosen: 'auto' | PoolingMode = 'auto',
): Promise<SentenceTransformer> {
  const read = <Value>(name: string, schema: z.ZodType<Value>) => readModelJson(path.join(directory, name), schema);
  const modules = await read('modules.json', modulesSchema);
  const stated = chosen === 'auto' ? null : chosen;
  if (modules === null) return { pooling: stated, maxLength: null };
  const maxLength = (await read('sentence_bert_config.json', lengthSchema))?.max_seq_length ?? null;
  let pooling = stated;
  for (const { path: folder, type } of modules) {
    const name = type.split('.').at(-1) ?? type;
    if (!knownModules.has(name))
      throw new StudioError(
        'refused',
        `The base has the sentence-transformers module ${name} (${folder || 'modules.json'}), which is not computed here.`,
        'Choose a base with a transformer, pooling and normalization alone, or remove modules.json to take the vectors without it.',
      ).at('model');
    if (name === 'Pooling' && stated === null)
      pooling = poolingOf((await read(path.join(within(folder), 'config.json'), poolingSchema)) ?? {});
  }
  return { pooling, maxLength };
}

/** A folder's name in modules.json, which does not lead out of the model's. */
function within(folder: string): string {
  const name = path.basename(folder);
  return name === '..' ? '' : name;
}

function poolingOf(config: z.infer<typeof poolingSchema>): PoolingMode {
  const older = olderKeys.filter(([key]) => config[key] === true).map(([, mode]) => mode);
  const given = [config.pooling_mode ?? (older.length > 0 ? older : 'mean')].flat();
  const mode = poolingModes.find((known) => given.length === 1 && known === given[0]);
  if (mode !== undefined) return mode;
  throw new StudioError(
    'refused',
    `The base pools its vectors by ${given.join(' and ')}, which is not computed here.`,
    `Set pooling_mode to one of ${poolingModes.join(', ')}.`,
  ).at('pooling_mode');
}
