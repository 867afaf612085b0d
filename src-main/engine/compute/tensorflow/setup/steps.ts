import { rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { addonFile, libraryFoldersOf } from '../installation.ts';
import type { compileAddon, tryAddon } from './compile.ts';
import { downloadWheel } from './download.ts';
import type { Wheel } from './packages.ts';
import type { OnProgress } from './progress.ts';
import { beginRecord, findDamage, writeRecord } from './record.ts';
import { extractWheel } from './wheel-file.ts';

export interface StepContext {
  /** Folder in which the installation is built. */
  readonly folder: string;
  /** Folder of the downloaded wheels, kept until the installation is complete. */
  readonly downloads: string;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** A step of the set-up: whether it is done is seen in its folder alone. */
export interface SetupStep {
  readonly id: string;
  /** Subject of the step, e.g. "tensorflow-cpu". */
  readonly label: string;
  /** Describes what the step still lacks; null if it is done. */
  damage(folder: string, signal: AbortSignal): Promise<string | null>;
  /** Does it, also where some of it was done before. */
  run(context: StepContext): Promise<void>;
}

/** Parts that tests replace: a compiler and a library take minutes and gigabytes. */
export interface SetupParts {
  readonly wheels: readonly Wheel[];
  readonly compile: typeof compileAddon;
  readonly attempt: typeof tryAddon;
}

/** All steps of the set-up, in order. The last one is done again whenever another has changed something. */
export function setupSteps({ wheels, compile, attempt }: SetupParts): readonly SetupStep[] {
  return [...wheels.map(wheelStep), compileStep(compile), trialStep(attempt)];
}

/** Id of the step that loads what was built. */
const trialId = 'trial';

/** Marks a change as begun, so that it is repeated even if the setup ends in between. */
function beginChange(folder: string, id: string): void {
  for (const begun of [trialId, id]) beginRecord(folder, begun);
}

function wheelStep(wheel: Wheel): SetupStep {
  const { project: id, sha256: origin } = wheel;
  return {
    id,
    label: id,
    damage: (folder, signal) => findDamage(folder, id, origin, signal),
    async run({ folder, downloads, onProgress, signal }) {
      const file = join(downloads, wheel.file);
      await downloadWheel(wheel, file, onProgress, signal);
      beginChange(folder, id);
      onProgress({ phase: `Unpacking ${id}`, done: null, total: null });
      await writeRecord(folder, id, { origin, files: await extractWheel(file, folder, isWanted, signal) });
    },
  };
}

function compileStep(compile: SetupParts['compile']): SetupStep {
  const id = 'addon';
  return {
    id,
    label: "tfjs's addon",
    damage: (folder) => findDamage(folder, id, id),
    async run({ folder, onProgress, signal }) {
      beginChange(folder, id);
      onProgress({ phase: 'Compiling the addon', done: null, total: null });
      const addon = await compile(folder, signal);
      const file = { name: relative(folder, addon), bytes: statSync(addon).size, crc32: null };
      await writeRecord(folder, id, { origin: id, files: [file] });
    },
  };
}

function trialStep(attempt: SetupParts['attempt']): SetupStep {
  return {
    id: trialId,
    label: 'loading it',
    damage: (folder) => findDamage(folder, trialId, null),
    async run({ folder, onProgress, signal }) {
      beginRecord(folder, trialId);
      onProgress({ phase: 'Trying it', done: null, total: null });
      const usesGpu = await attempt(addonFile(folder), libraryFoldersOf(folder), signal);
      await writeRecord(folder, trialId, { origin: usesGpu ? 'gpu' : 'cpu', files: [] });
      onProgress({
        phase: usesGpu ? 'It computes on the GPU' : 'It computes on the processor',
        done: null,
        total: null,
      });
    },
  };
}

/** Removes downloads that a finished installation no longer needs. */
export function removeDownloads(downloads: string, wheels: readonly Wheel[]): void {
  for (const { file } of wheels) rmSync(join(downloads, file), { force: true });
}

/** The libraries and the C headers that the addon is compiled with; of NVIDIA's packages all but headers. */
function isWanted(name: string): boolean {
  if (name.startsWith('nvidia/')) return !name.includes('/include/');
  return (
    /^tensorflow\/libtensorflow\w*\.so\.2$/.test(name) ||
    /^tensorflow\/include\/tensorflow\/(c\/.*|core\/platform\/[^/]*)\.h$/.test(name) ||
    /^tensorflow\/include\/(.*\/)?tsl\/(platform\/ctstring|c\/)[^/]*\.?h?$/.test(name) ||
    /^tensorflow\/.*(LICENSE|NOTICE)/.test(name)
  );
}
