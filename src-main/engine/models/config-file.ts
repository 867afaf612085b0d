import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelConfigFile } from './family.ts';

/** A size below the limit of any real model: lists are allocated by sizes before the weights confirm them. */
export const positiveInteger = z
  .number()
  .int()
  .positive()
  .max(2 ** 24);
export const layerNumber = positiveInteger.max(1024);

/**
 * config.json parsed by `schema`; null counts as absent.
 * @param label model of the config, for messages, e.g. "a Llama".
 * @throws StudioError invalid_file naming the file and the key.
 */
export function parseConfig<Schema extends z.ZodType>(
  file: ModelConfigFile,
  schema: Schema,
  label: string,
): z.infer<Schema> {
  const checked = schema.safeParse(withoutNull(file.value));
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const key = issue?.path.join('.') ?? '';
  const isMissing =
    typeof file.value === 'object' &&
    file.value !== null &&
    issue?.path.length === 1 &&
    !Object.hasOwn(file.value, key);
  throw new StudioError(
    'invalid_file',
    isMissing
      ? `${file.path} lacks the key "${keyOf(file, key)}".`
      : `${file.path}: ${keyOf(file, key)}: ${issue?.message ?? 'not a config'}.`,
    `It is not the complete config.json of ${label}.`,
  );
}

/** The key as it is reached from the top of config.json. */
function keyOf({ within }: ModelConfigFile, key: string): string {
  return within === undefined ? key : `${within}.${key}`;
}

/** Returns true for a key that is null in the file, where that means something else than its absence. */
export function isNull(file: ModelConfigFile, key: string): boolean {
  return (
    typeof file.value === 'object' &&
    file.value !== null &&
    Object.entries(file.value).some(([name, value]) => name === key && value === null)
  );
}

/** Error for a value that changes what a model computes and is not supported. */
export function unsupportedValue(file: ModelConfigFile, key: string, value: unknown, supported: string): StudioError {
  return new StudioError(
    'refused',
    `${file.path}: ${keyOf(file, key)} is ${JSON.stringify(value)}, but only ${supported} is supported.`,
    'The model would compute something else without it.',
  );
}

/**
 * Error for a class whose head is not computed.
 * @param known endings of the classes whose heads are
 */
export function unsupportedHead({ path }: ModelConfigFile, architecture: string, known: string): StudioError {
  return new StudioError(
    'refused',
    `${path}: architectures is "${architecture}", a class with a head that is not supported.`,
    `Heads of these classes are: ${known}. Choose a checkpoint of one of them, or one without a head of a task.`,
  );
}

/**
 * @param keys keys of the two numbers in config.json.
 * @throws StudioError invalid_file if the width is not a multiple of the heads.
 */
export function sizeOfHead(
  file: ModelConfigFile,
  hiddenSize: number,
  heads: number,
  keys: readonly [hiddenSize: string, heads: string] = ['hidden_size', 'num_attention_heads'],
): number {
  if (hiddenSize % heads === 0) return hiddenSize / heads;
  throw new StudioError(
    'invalid_file',
    `${file.path}: ${keyOf(file, keys[0])} ${hiddenSize} cannot be divided among ${keyOf(file, keys[1])} ${heads}.`,
  );
}

/** Labels by id; id2label has the ids 0 … n − 1 as text, in any order. */
export function orderedLabels(file: ModelConfigFile, id2label: Readonly<Record<string, string>>): string[] {
  const byId = new Map(Object.entries(id2label));
  return Array.from({ length: byId.size }, (_, id) => {
    const label = byId.get(String(id));
    if (label === undefined)
      throw new StudioError('invalid_file', `${file.path}: id2label names no label for id ${id}.`);
    return label;
  });
}

function withoutNull(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}
