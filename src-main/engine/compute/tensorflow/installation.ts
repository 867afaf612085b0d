import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { besideArchive } from '../../../archive/beside-archive.ts';
import { cacheFolder } from '../../../files/user-cache.ts';

/** Version pinned in `setup/packages.ts`. */
export const tensorflowVersion = '2.21.0';

/** Versions of CUDA and cuDNN that it is built for. */
export const wantedCuda = 'CUDA 12.5 or later and cuDNN 9.3 or later';

export type TensorflowDevice = 'cpu' | 'gpu';

export const installationSchema = z.strictObject({
  tensorflow: z.string(),
  device: z.enum(['cpu', 'gpu']),
  /** Versions of what was installed with it; null for the CPU. */
  cuda: z.string().nullable(),
  cudnn: z.string().nullable(),
});

/** An installation of libtensorflow with tfjs's addon. */
export interface TensorflowInstallation extends z.infer<typeof installationSchema> {
  /** The addon's file. */
  readonly addon: string;
  /** Folder of CUDA's libraries, for LD_LIBRARY_PATH of the process that loads the addon. */
  readonly libraryFolders: readonly string[];
}

/** Build folder of `setup:tensorflow`, outside of every clone, so that packages can be reinstalled. */
export function installationFolder(device: TensorflowDevice): string {
  return join(cacheFolder(), `tensorflow-${tensorflowVersion}-${device}`);
}

/** Its name while it is set up, and after a set-up that was not finished. */
export function unfinishedFolder(device: TensorflowDevice): string {
  return `${installationFolder(device)}.building`;
}

/** The installation set up here, CUDA before CPU, else a tfjs-node-gpu installed by npm; null without any. */
export function findInstallation(): TensorflowInstallation | null {
  return builtInstallation('gpu') ?? builtInstallation('cpu') ?? packagedInstallation();
}

/**
 * LD_LIBRARY_PATH of a process that may load libtensorflow, with CUDA's libraries where it was set up with them: the loader reads
 * it when a process starts. Undefined where there is nothing to be told.
 */
export function libraryPath(): string | undefined {
  const folders = findInstallation()?.libraryFolders ?? [];
  const given = process.env['LD_LIBRARY_PATH'];
  return folders.length === 0 ? given : [...folders, ...(given ? [given] : [])].join(':');
}

/** The addon's file in the folder of an installation. */
export function addonFile(folder: string): string {
  return join(folder, 'addon', 'tfjs_binding.node');
}

/** Folders of CUDA's libraries in that of an installation. */
export function libraryFoldersOf(folder: string): string[] {
  const nvidia = join(folder, 'nvidia');
  return existsSync(nvidia) ? readdirSync(nvidia).map((name) => join(nvidia, name, 'lib')) : [];
}

/** @returns null where there is none, or a damaged one. */
function builtInstallation(device: TensorflowDevice): TensorflowInstallation | null {
  const folder = installationFolder(device);
  const addon = addonFile(folder);
  if (!existsSync(addon)) return null;
  try {
    const record = installationSchema.parse(JSON.parse(readFileSync(join(folder, 'installation.json'), 'utf8')));
    return { ...record, addon, libraryFolders: libraryFoldersOf(folder) };
  } catch {
    return null;
  }
}

/** @returns null where the package is missing, or came without its addon: its install script downloads or builds it. */
function packagedInstallation(): TensorflowInstallation | null {
  try {
    const addon = createRequire(besideArchive(import.meta.url)).resolve(
      '@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node',
    );
    return { tensorflow: '2.9.1', device: 'gpu', cuda: '11.2', cudnn: '8.1', addon, libraryFolders: [] };
  } catch {
    return null;
  }
}
