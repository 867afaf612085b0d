import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** The version whose wheel `setup/packages.ts` pins. */
export const tensorflowVersion = '2.21.0';

/** What CUDA that version is built for; cuDNN likewise. */
export const wantedCuda = 'CUDA 12.5 or later and cuDNN 9.3 or later';

export type TensorflowDevice = 'cpu' | 'gpu';

export const installationSchema = z.strictObject({
  tensorflow: z.string(),
  device: z.enum(['cpu', 'gpu']),
  /** Versions of what was installed with it; null for the CPU. */
  cuda: z.string().nullable(),
  cudnn: z.string().nullable(),
});

/** A libtensorflow with the addon that tfjs reaches it by. */
export interface TensorflowInstallation extends z.infer<typeof installationSchema> {
  /** The addon's file. */
  readonly addon: string;
  /** Where CUDA's libraries lie, to be in LD_LIBRARY_PATH when the process that loads the addon starts. */
  readonly libraryFolders: readonly string[];
}

/** Build folder of `setup:tensorflow`, outside of every clone, so that packages can be reinstalled. */
export function installationFolder(device: TensorflowDevice): string {
  return join(cacheFolder(), `tensorflow-${tensorflowVersion}-${device}`);
}

/** Where downloads are kept that outlive a clone. */
export function cacheFolder(): string {
  const { env, platform } = process;
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'coto-studio');
  if (platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'coto-studio', 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'coto-studio');
  return join(homedir(), '.cache', 'coto-studio');
}

/**
 * What was set up here, CUDA's before the CPU's, else a tfjs-node-gpu whose own install went well; null without any.
 */
export function findInstallation(): TensorflowInstallation | null {
  return builtInstallation('gpu') ?? builtInstallation('cpu') ?? packagedInstallation();
}

function builtInstallation(device: TensorflowDevice): TensorflowInstallation | null {
  const folder = installationFolder(device);
  const file = join(folder, 'installation.json');
  if (!existsSync(file)) return null;
  const parsed = installationSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  const addon = join(folder, 'addon', 'tfjs_binding.node');
  if (!parsed.success || !existsSync(addon)) return null;
  const nvidia = join(folder, 'nvidia');
  const libraryFolders = existsSync(nvidia) ? readdirSync(nvidia).map((name) => join(nvidia, name, 'lib')) : [];
  return { ...parsed.data, addon, libraryFolders };
}

/** @returns null where the package is missing, or came without its addon: its install script downloads or builds it. */
function packagedInstallation(): TensorflowInstallation | null {
  try {
    const addon = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node');
    return { tensorflow: '2.9.1', device: 'gpu', cuda: '11.2', cudnn: '8.1', addon, libraryFolders: [] };
  } catch {
    return null;
  }
}
