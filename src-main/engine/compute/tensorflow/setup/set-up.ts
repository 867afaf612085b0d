import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cacheFolder,
  installationFolder,
  installationSchema,
  type TensorflowDevice,
  tensorflowVersion,
} from '../installation.ts';
import { compileAddon, requireCompiler, requireSystem, tryAddon } from './compile.ts';
import { downloadWheel } from './download.ts';
import { cudaVersion, cudnnVersion, wheelsFor } from './packages.ts';
import type { OnProgress } from './progress.ts';
import { extractWheel } from './wheel-file.ts';

/**
 * Builds tfjs's addon against a current libtensorflow out of PyPI's wheels, in the studio's cache folder; node_modules and
 * the system are left as they are. Downloads are kept, so that a cancelled setup can continue.
 * @returns the folder, complete or absent.
 * @throws StudioError naming what is missing, or AbortError.
 */
export async function setUpTensorflow(
  device: TensorflowDevice,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<string> {
  requireSystem();
  await requireCompiler(signal);
  const folder = installationFolder(device);
  const building = `${folder}.building`;
  const downloads = join(cacheFolder(), 'downloads');
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  const report = (phase: string): void => onProgress({ phase, done: null, total: null });
  try {
    for (const wheel of wheelsFor(device)) {
      const file = join(downloads, wheel.file);
      await downloadWheel(wheel, file, onProgress, signal);
      report(`Unpacking ${wheel.project}`);
      await extractWheel(file, building, isWanted, signal);
    }
    report('Compiling the addon');
    const addon = await compileAddon(building, signal);
    report('Trying it');
    const nvidia = join(building, 'nvidia');
    const libraries = existsSync(nvidia) ? readdirSync(nvidia).map((name) => join(nvidia, name, 'lib')) : [];
    const usesGpu = await tryAddon(addon, libraries, signal);
    const record = installationSchema.parse({
      tensorflow: tensorflowVersion,
      device,
      cuda: device === 'gpu' ? cudaVersion : null,
      cudnn: device === 'gpu' ? cudnnVersion : null,
    });
    writeFileSync(join(building, 'installation.json'), `${JSON.stringify(record, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
    for (const { file } of wheelsFor(device)) rmSync(join(downloads, file), { force: true });
    report(usesGpu ? 'Done: it computes on the GPU' : 'Done: it computes on the processor');
    return folder;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
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
