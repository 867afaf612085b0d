import path from 'node:path';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdapterConfig, adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { foreignBaseSchema, type ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { cotoSettingsSchema } from '../../../../src-shared/domain/runs/coto.ts';
import { writeFileAtomic } from '../../../files/atomic.ts';
import { fileLimits, isLfsPointer, lfsPointer, readForeignText } from '../../../files/foreign-file.ts';

export const adapterConfigFile = 'adapter_config.json';
export const adapterTensorsFile = 'adapter_model.safetensors';
export const cotoConfigFile = 'coto_config.json';

/** Fields that PEFT's own config lacks. Written beside it; a folder without it is a plain PEFT adapter. */
const cotoConfigSchema = z.object({
  coto: cotoSettingsSchema.nullable().default(null),
  labels: z.array(z.string()).nullable().default(null),
  foreign_base: foreignBaseSchema.nullable().default(null).describe('set if the base was not in the studio'),
  base_model_fingerprint: z.string().nullable().default(null).describe('of the base, where it was in the studio'),
});
export type CotoConfig = z.infer<typeof cotoConfigSchema>;

/**
 * adapter_config.json, checked; keys the studio does not use are kept.
 * @throws StudioError invalid_file naming the file and the key.
 */
export async function readAdapterConfig(directory: string): Promise<AdapterConfig> {
  const file = path.join(directory, adapterConfigFile);
  const text = await readTextFile(file);
  if (text === null)
    throw new StudioError(
      'invalid_file',
      `${file} is missing: the folder is not a PEFT adapter.`,
      `Choose the folder with ${adapterConfigFile} and ${adapterTensorsFile}.`,
    );
  // PEFT writes null for what is not set, also for keys whose meaning of "not set" is an empty pattern or false.
  const keys = z.record(z.string(), z.unknown()).safeParse(parseJson(file, text));
  if (!keys.success) throw new StudioError('invalid_file', `${file} does not contain a JSON object.`);
  const given = Object.entries(keys.data).filter(([, value]) => value !== null);
  const parsed = adapterConfigSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw invalidConfig(file, parsed.error);
  return { ...keys.data, ...parsed.data };
}

/** Values in adapter_config.json that no key of PEFT has. */
export function invalidConfig(file: string, error: z.ZodError): StudioError {
  return new StudioError(
    'invalid_file',
    `${file}: ${describeIssues(error)}.`,
    'The keys are those of PEFT. Copy or download the adapter again if you have not changed the file.',
  );
}

/** coto_config.json; without the file neither settings nor labels are known. */
export async function readCotoConfig(directory: string): Promise<CotoConfig> {
  const file = path.join(directory, cotoConfigFile);
  const text = await readTextFile(file);
  if (text === null) return cotoConfigSchema.parse({});
  const parsed = cotoConfigSchema.safeParse(parseJson(file, text));
  if (!parsed.success) throw new StudioError('invalid_file', `${file}: ${describeIssues(parsed.error)}.`);
  return parsed.data;
}

/** Notes in coto_config.json on which base an adapter of others stands, so that the base is known again when nothing else is. */
export async function noteBase(
  directory: string,
  { fingerprint }: Pick<ModelDescription, 'fingerprint'>,
): Promise<void> {
  const file = path.join(directory, cotoConfigFile);
  const given = z.record(z.string(), z.unknown()).parse(parseJson(file, (await readTextFile(file)) ?? '{}'));
  await writeFileAtomic(file, `${JSON.stringify({ ...given, base_model_fingerprint: fingerprint }, null, 2)}\n`);
}

/** adapter_config.json as PEFT 0.21 writes it, in alphabetical order. */
export function adapterConfigText(config: Readonly<Record<string, unknown>>, description: ModelDescription): string {
  const module = description.family.replaceAll('-', '_');
  const complete = {
    peft_version: '0.21.2',
    revision: null,
    auto_mapping: description.foreign
      ? null
      : {
          base_model_class: description.architecture,
          parent_library: `transformers.models.${module}.modeling_${module}`,
        },
    ...config,
  };
  // Only the outer keys: in rank_pattern and alpha_pattern the first match wins, so their order has a meaning.
  const sorted = Object.entries(complete).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

async function readTextFile(file: string): Promise<string | null> {
  try {
    return await readForeignText(file, fileLimits.config);
  } catch (error) {
    if (error instanceof StudioError) throw error;
    throw new StudioError('invalid_file', `${file} cannot be read.`, null, String(error));
  }
}

function parseJson(file: string, text: string): unknown {
  if (isLfsPointer(text)) throw lfsPointer(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StudioError(
      'invalid_file',
      `${file} is not valid JSON.`,
      'Copy or download the adapter again: the file seems damaged or incomplete.',
      String(error),
    );
  }
}
