import { createHash } from 'node:crypto';
import packageJson from '../../../package.json' with { type: 'json' };
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import {
  type RegisteredStudy,
  type Registration,
  registeredStudySchema,
} from '../../../src-shared/domain/studies/registration.ts';
import { changedSettings } from '../../../src-shared/results/moved-numbers.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import type { Store } from '../../store/open-store.ts';
import { canonicalJson } from '../library/content-keys.ts';
import { checkedRun, shortRun } from '../runs/run-yaml.ts';
import { resolveNamedStudy, studyFile } from './study-file.ts';
import { studySettings } from './study-files.ts';

const hint = 'Choose the file that was written when the study was registered.';

/** Registers the settings of a study. */
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

/** @throws StudioError invalid_input for a file that is no registration, or that was changed since */
export function parseRegistration(name: string, text: string): RegisteredStudy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StudioError('invalid_input', `${name} cannot be read as JSON.`, hint);
  }
  const { data, error } = registeredStudySchema.safeParse(value);
  if (data === undefined)
    throw new StudioError('invalid_input', `${name} is no registration: ${describeIssues(error)}.`, hint);
  if (hashOf(data.study) !== data.sha256)
    throw new StudioError('invalid_input', `${name} was changed after the registration.`, 'Use the original file.');
  return data;
}

/**
 * Compares a study with a registered one by what both mean, so that a form and a file of the same settings are equal.
 * @param meant config that the registered settings mean; null: it is read with the names of this home
 */
export async function compareWithRegistration(
  { store }: { readonly store: Store },
  name: string,
  { registeredAt, sha256, study }: RegisteredStudy,
  config: StudyConfig,
  meant: StudyConfig | null,
): Promise<Registration> {
  const before = meant ?? (await meaningOf(store, name, study));
  const changed = changedSettings(
    before === null ? study : comparable(studySettings({ store }, before)),
    comparable(studySettings({ store }, config)),
  );
  const deviations = changed.map(({ path, expected, found }) => `${path}: ${textOf(expected)} → ${textOf(found)}`);
  return { sha256, registeredAt, deviations };
}

/** A form names every parameter of a variant, and a file those that are not at their defaults. */
function comparable(settings: Record<string, unknown>): Record<string, unknown> {
  if (settings['run'] === undefined) return settings;
  try {
    return { ...settings, run: shortRun(checkedRun(settings['run'])) };
  } catch (thrown) {
    if (thrown instanceof StudioError) return settings;
    throw thrown;
  }
}

/** Returns null for settings that this version or this home cannot read: they are compared as they are written. */
async function meaningOf(store: Store, name: string, study: RegisteredStudy['study']): Promise<StudyConfig | null> {
  try {
    const { name: _, ...value } = studyFile(name, study);
    return await resolveNamedStudy(store, { file: name, folder: '' }, value);
  } catch (thrown) {
    if (thrown instanceof StudioError) return null;
    throw thrown;
  }
}

function hashOf(study: unknown): string {
  return createHash('sha256').update(canonicalJson(study)).digest('hex');
}

/** A setting that only one of both has is "missing" in the other. */
function textOf(value: string | number | boolean | null): string {
  return value === null ? 'missing' : String(value);
}
