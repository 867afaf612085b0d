import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { OpenedKind } from '../../../src-shared/opened-files.ts';
import { fileLimits, readForeignBytes } from '../../files/foreign-file.ts';

/** Entries of a folder that are looked at. */
const maxEntries = 10_000;
const recordedRun = /^(?:events\.out\.tfevents\..*|trainer_state\.json)$/;

export interface Identified {
  readonly kind: OpenedKind;
  /** Text of a run's or a study's YAML file, else null. */
  readonly text: string | null;
}

/**
 * Decides by names, and of YAML by its keys, what a file or folder is that a person opened or dropped; importing it checks the
 * contents.
 * @throws StudioError not_found; invalid_file for a YAML file that is too large
 */
export async function identify(target: string): Promise<Identified> {
  const status = await stat(target).catch(() => null);
  if (status === null) throw new StudioError('not_found', `${target} does not exist.`);
  if (status.isDirectory()) return { kind: await folderKind(target), text: null };
  const name = path.basename(target).toLowerCase();
  if (/\.ya?ml$/.test(name)) {
    const bytes = await readForeignBytes(target, fileLimits.yaml);
    const text = bytes?.toString('utf8') ?? '';
    // A study says its kind; a run has no such setting.
    return { kind: name.includes('.coto-study.') || /^kind\s*:/m.test(text) ? 'study' : 'run', text };
  }
  if (name.endsWith('.safetensors')) return { kind: 'adapter', text: null };
  if (name.endsWith('.gguf')) return { kind: 'base', text: null };
  return { kind: recordedRun.test(name) ? 'runs' : 'dataset', text: null };
}

async function folderKind(folder: string): Promise<OpenedKind> {
  const names = (await readdir(folder)).slice(0, maxEntries);
  if (names.includes('adapter_config.json')) return 'adapter';
  if (names.some((name) => recordedRun.test(name))) return 'runs';
  if (names.includes('adapters.safetensors')) return 'adapter';
  return names.includes('config.json') ? 'base' : 'dataset';
}
