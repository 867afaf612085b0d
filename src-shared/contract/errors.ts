import { z } from 'zod';
import { type ErrorCode, errorCodeSchema } from './error-code.ts';
import { systemErrorText } from './system-errors.ts';

/**
 * An error as it crosses every wire. `message` is one sentence that names the file, field or row; `hint` is the way
 * out; `field` is the path of the config key or form field that the error is about, e.g. `learning_rate` or `adapter.r`.
 */
export const errorValueSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  hint: z.string().nullable(),
  details: z.string().nullable().describe('stack or log, shown behind a disclosure'),
  field: z.string().nullish().describe('null or missing where the error is about no key in particular'),
});
export type ErrorValue = z.infer<typeof errorValueSchema>;

/** The studio's only error class, for every error that a user should read. */
export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly details: string | null;
  private key: string | null = null;

  constructor(code: ErrorCode, message: string, hint: string | null = null, details: string | null = null) {
    super(message);
    this.name = 'StudioError';
    this.code = code;
    this.hint = hint;
    this.details = details;
  }

  /** Path of the config key or form field that the error is about; null where it is about none in particular. */
  get field(): string | null {
    return this.key;
  }

  /** Names the field that the error is about, unless a field is named already. */
  at(field: string): this {
    this.key ??= field;
    return this;
  }

  /** The same error with another message. */
  withMessage(message: string): StudioError {
    return StudioError.fromValue({ ...toErrorValue(this), message });
  }

  static fromValue(value: ErrorValue): StudioError {
    const error = new StudioError(value.code, value.message, value.hint, value.details);
    return value.field ? error.at(value.field) : error;
  }
}

/** Runs a check of one field: an error that names no field gets this one. */
export async function inField<Result>(field: string, check: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await check();
  } catch (thrown) {
    throw thrown instanceof StudioError ? thrown.at(field) : thrown;
  }
}

/** Advice for out-of-memory errors. */
export const memoryRemedy =
  'Lower the batch size (per_device_train_batch_size; raise gradient_accumulation_steps to keep the effective batch) or max_length, turn on gradient_checkpointing, choose a quantized base, or close other programs.';

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The way out of a damaged database. Nothing is deleted on it. */
export const recoveryHint =
  'Restore a backup (coto doctor --restore), or rebuild it from the folders of runs and adapters (coto doctor --rebuild); the damaged files are kept beside it.';

/** SQLite's error codes for a file, log or log index that cannot grow. */
const fullDatabase = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_IOERR_FSYNC']);

/** Converts anything thrown into a cloneable value; errors of the system, the database and zod get messages of their own. */
export function toErrorValue(thrown: unknown): ErrorValue {
  if (thrown instanceof StudioError)
    return {
      code: thrown.code,
      message: thrown.message,
      hint: thrown.hint,
      details: thrown.details ?? thrown.stack ?? null,
      ...(thrown.field === null ? {} : { field: thrown.field }),
    };
  if (thrown instanceof z.ZodError) {
    const field = fieldOfIssues(thrown.issues);
    return {
      code: 'invalid_input',
      message: describeIssues(thrown),
      hint: null,
      details: thrown.stack ?? null,
      ...(field === null ? {} : { field }),
    };
  }
  if (thrown instanceof Error) {
    const code = systemCode(thrown);
    const known = systemErrorText(thrown);
    if (known !== null) return { ...known, details: thrown.stack ?? null };
    if (typeof code === 'string' && fullDatabase.has(code))
      return {
        code: 'disk_full',
        message: "The disk is full: the studio's database in the home folder cannot be written.",
        hint: 'Free some space, then try again.',
        details: thrown.stack ?? null,
      };
    if (code === 'SQLITE_CORRUPT')
      return {
        code: 'invalid_file',
        message: "The studio's database in the home folder is damaged.",
        hint: recoveryHint,
        details: thrown.stack ?? null,
      };
    if (typeof code === 'string' && code.startsWith('SQLITE_READONLY'))
      return {
        code: 'invalid_input',
        message: "The studio's database in the home folder cannot be written: it is read-only.",
        hint: 'Change the permissions of studio.sqlite and its folder, then start CoTo Studio again.',
        details: thrown.stack ?? null,
      };
    return { code: 'internal', message: thrown.message || thrown.name, hint: null, details: thrown.stack ?? null };
  }
  return { code: 'internal', message: String(thrown), hint: null, details: null };
}

/** Returns an error's message followed by its hint. */
export function errorText(thrown: unknown): string {
  const { message, hint } = toErrorValue(thrown);
  return hint === null ? message : `${message} ${hint}`;
}

/** "adapter.r: Too small: expected number to be >=1; learning_rate: ..." */
export function describeIssues(error: Pick<z.ZodError, 'issues'> | { issues: readonly z.core.$ZodIssue[] }): string {
  return error.issues
    .flatMap(nearestIssues)
    .map((issue) => {
      const text = issue.message.endsWith('received undefined') ? 'This key is missing' : issue.message;
      return issue.path.length > 0 ? `${issue.path.join('.')}: ${text}` : text;
    })
    .join('; ');
}

/**
 * Path of the field that the first issue is about. An item of a list belongs to the field that holds the list; `config` and
 * `parameters`, in which requests hold the keys of a form, are left out.
 */
export function fieldOfIssues(issues: readonly z.core.$ZodIssue[]): string | null {
  const [issue] = issues.flatMap(nearestIssues);
  if (issue === undefined) return null;
  const end = issue.path.findIndex((key) => typeof key === 'number');
  const path = issue.path.slice(0, end < 0 ? undefined : end).map(String);
  if (issue.code === 'unrecognized_keys' && end < 0) path.push(...issue.keys.slice(0, 1));
  const keys = path.filter((key, at) => key !== 'parameters' && (at > 0 || key !== 'config'));
  return keys.length === 0 ? null : keys.join('.');
}

/**
 * Returns the issues of the union member that the value was probably meant as. A member qualifies if it has the value's
 * keys.
 */
export function nearestIssues(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isForeign = ({ code, path, message }: z.core.$ZodIssue) =>
    code === 'invalid_type' && (path.length === 0 || (path.length === 1 && message.endsWith('received undefined')));
  const [nearest, ...others] = issue.errors.filter((issues) => issues.length > 0 && !issues.some(isForeign));
  if (nearest === undefined || others.length > 0) return [issue];
  return nearest.flatMap((one) => nearestIssues({ ...one, path: [...issue.path, ...one.path] }));
}

function systemCode(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}
