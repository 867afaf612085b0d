import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { writeFileAtomic } from '../../../files/atomic.ts';
import { withMembers } from '../../models/huggingface/json-members.ts';
import { headBytes, headerLength } from '../../tensors/safetensors-header.ts';
import { adapterConfigFile, adapterTensorsFile } from './adapter-config.ts';
import { withoutAdapterName } from './adapter-name.ts';
import { keyPrefix } from './tensors.ts';

const names = z.array(z.string());
const configSchema = z.looseObject({
  task_type: z.string().nullish(),
  target_modules: z.union([names, z.string()]).nullish(),
  exclude_modules: z.union([names, z.string()]).nullish(),
  rank_pattern: z.record(z.string(), z.unknown()).nullish(),
  alpha_pattern: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * Names the modules of an adapter of embeddings as a model without a head has them (AutoModel): PEFT's FEATURE_EXTRACTION is put on
 * such a model, whose names lack the prefix that the studio's have (bert., model.). A regular expression may have the prefix
 * anywhere: the modules with tensors are listed in its place. The folder of another adapter is left alone.
 */
export async function nameWithoutHead(folder: string, description: ModelDescription): Promise<void> {
  const file = join(folder, adapterConfigFile);
  const text = await readFile(file, 'utf8');
  const config = configSchema.parse(JSON.parse(text));
  if (config.task_type !== 'FEATURE_EXTRACTION' || bodyPrefix(description) === null) return;
  const bare = (name: string) => bareName(name, description);
  const list = (given: string[] | string | null | undefined) => (Array.isArray(given) ? given.map(bare) : given);
  const weights = join(folder, adapterTensorsFile);
  const tensors = await readFile(weights);
  const header = headerOf(weights, tensors);
  const keys = header.entries.map(([key]) => key);
  const hasTensors = (name: string) => keys.some((key) => key.startsWith(`${keyPrefix}${name}.`));
  const adapted = description.linears.flatMap(({ name }) => (hasTensors(name) ? bare(name) : []));
  const isPattern = [config.target_modules, config.exclude_modules].some(
    (given) => typeof given === 'string' && given !== 'all-linear',
  );
  const pattern = (given: Record<string, unknown> | null | undefined) =>
    given && Object.fromEntries(Object.entries(given).map(([name, value]) => [bare(name), value]));
  const changes = {
    ...(isPattern && adapted.length > 0
      ? { target_modules: adapted, exclude_modules: null }
      : { target_modules: list(config.target_modules), exclude_modules: list(config.exclude_modules) }),
    rank_pattern: pattern(config.rank_pattern),
    alpha_pattern: pattern(config.alpha_pattern),
  };
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  await writeFileAtomic(file, withMembers(text, given));
  await writeFileAtomic(
    weights,
    withTensorNames(tensors, header, (key) =>
      key.startsWith(keyPrefix) ? keyPrefix + bare(key.slice(keyPrefix.length)) : key,
    ),
  );
}

/** Takes the adapter's name out of the keys of a folder's tensors (`lora_A.default.weight`), as PEFT loads them. */
export async function dropAdapterName(folder: string): Promise<void> {
  const weights = join(folder, adapterTensorsFile);
  const tensors = await readFile(weights);
  const header = headerOf(weights, tensors);
  const given = header.entries.map(([key]) => key);
  const names = [...withoutAdapterName(new Map(header.entries)).keys()];
  if (names.every((name, at) => name === given[at])) return;
  const byKey = new Map(given.map((key, at) => [key, names[at] ?? key]));
  await writeFileAtomic(
    weights,
    withTensorNames(tensors, header, (key) => byKey.get(key) ?? key),
  );
}

/** A module's name in a text model without a head, as AutoModel has it. */
export function bareName(name: string, description: ModelDescription): string {
  const prefix = bodyPrefix(description);
  return prefix !== null && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/**
 * Returns the prefix, including the point, that all module names of a text model share except its head's; null if they
 * differ.
 */
function bodyPrefix({ linears, image }: ModelDescription): string | null {
  if (image !== null) return null;
  const firsts = new Set(
    linears.filter(({ isHead }) => !isHead).map(({ name }) => name.slice(0, name.indexOf('.') + 1)),
  );
  const [only = ''] = firsts;
  return firsts.size === 1 && only !== '' ? only : null;
}

/** The entries of a safetensors file's header, by their names, and where the tensors begin. */
interface Header {
  readonly entries: [name: string, entry: unknown][];
  readonly end: number;
}

function headerOf(path: string, file: Buffer): Header {
  const end = 8 + headerLength(path, file, file.length);
  const header: unknown = JSON.parse(file.toString('utf8', 8, end));
  return { entries: Object.entries(z.record(z.string(), z.unknown()).parse(header)), end };
}

/** A safetensors file with other names of its tensors, which stay where they are. */
function withTensorNames(file: Buffer, { entries, end }: Header, rename: (name: string) => string): Buffer {
  const named = JSON.stringify(Object.fromEntries(entries.map(([name, entry]) => [rename(name), entry])));
  return Buffer.concat([headBytes(Buffer.from(named)), file.subarray(end)]);
}
