import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { describeIssues, StudioError } from '../../src-shared/contract/errors.ts';
import {
  type RegisteredStudy,
  type Registration,
  registeredStudySchema,
} from '../../src-shared/domain/studies/registration.ts';
import { changedSettings } from '../../src-shared/results/moved-numbers.ts';
import { canonicalJson } from '../backend/index.ts';

const hint = 'Name the file that coto study register wrote.';

/** Registers the settings of a study's file. */
export function registerStudy(study: Readonly<Record<string, unknown>>, now: Date): RegisteredStudy {
  const { version } = packageJson;
  return {
    format: 'coto-study-registration',
    version,
    registeredAt: now.toISOString(),
    sha256: hashOf(study),
    study: { ...study },
  };
}

/**
 * Compares the settings of a study's file with the registered ones.
 * @throws StudioError invalid_input for a file that is no registration, or that was changed since
 */
export async function compareWithRegistration(
  file: string,
  study: Readonly<Record<string, unknown>>,
): Promise<Registration> {
  const { registeredAt, sha256, study: registered } = await readRegistration(file);
  const deviations = changedSettings(registered, study).map(
    ({ path, expected, found }) => `${path}: ${textOf(expected)} → ${textOf(found)}`,
  );
  return { sha256, registeredAt, deviations };
}

async function readRegistration(file: string): Promise<RegisteredStudy> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw new StudioError('invalid_input', `${file} cannot be read as JSON.`, hint);
  }
  const { data, error } = registeredStudySchema.safeParse(value);
  if (data === undefined)
    throw new StudioError('invalid_input', `${file} is no registration: ${describeIssues(error)}.`, hint);
  if (hashOf(data.study) !== data.sha256)
    throw new StudioError('invalid_input', `${file} was changed after the registration.`, 'Use the original file.');
  return data;
}

function hashOf(study: unknown): string {
  return createHash('sha256').update(canonicalJson(study)).digest('hex');
}

/** A setting that only one of both files has is "missing" in the other. */
function textOf(value: string | number | boolean | null): string {
  return value === null ? 'missing' : String(value);
}
