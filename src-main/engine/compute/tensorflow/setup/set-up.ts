import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { StudioError } from '../../../../../src-shared/contract/errors.ts';
import { writeFileAtomic } from '../../../../files/atomic.ts';
import { cacheFolder } from '../../../../files/user-cache.ts';
import {
  installationFolder,
  installationSchema,
  type TensorflowDevice,
  tensorflowVersion,
  unfinishedFolder,
} from '../installation.ts';
import { compileAddon, requireCompiler, requireSystem, tryAddon } from './compile.ts';
import { cudaVersion, cudnnVersion, wheelsFor } from './packages.ts';
import type { OnProgress } from './progress.ts';
import { removeDownloads, type SetupParts, setupSteps } from './steps.ts';

/**
 * Builds tfjs's addon against a current libtensorflow out of PyPI's wheels, in the studio's cache folder; node_modules and the
 * system are left as they are. Every step is checked before it is done: a set-up that was cancelled or has failed goes on where
 * it was, and one of an installation that is there mends what is damaged, and takes nothing else again.
 *
 * @returns the folder. While it is worked on it has another name, so that nothing is loaded from it.
 * @throws StudioError naming what is missing, refused while another process sets it up, or AbortError.
 */
export async function setUpTensorflow(
  device: TensorflowDevice,
  onProgress: OnProgress,
  signal: AbortSignal,
  parts: SetupParts = partsOf(device),
): Promise<string> {
  requireSystem();
  await requireCompiler(signal);
  return oneAtATime(installationFolder(device), () => setUpAlone(device, onProgress, signal, parts));
}

async function setUpAlone(
  device: TensorflowDevice,
  onProgress: OnProgress,
  signal: AbortSignal,
  parts: SetupParts,
): Promise<string> {
  const folder = installationFolder(device);
  const building = unfinishedFolder(device);
  const downloads = join(cacheFolder(), 'downloads');
  const isRepair = existsSync(folder) && !existsSync(building);
  if (isRepair) renameSync(folder, building);
  mkdirSync(join(building, 'steps'), { recursive: true });
  try {
    for (const step of setupSteps(parts)) {
      signal.throwIfAborted();
      onProgress({ phase: `Checking ${step.label}`, done: null, total: null });
      if ((await step.damage(building, signal)) === null) continue;
      await step.run({ folder: building, downloads, onProgress, signal });
    }
    const record = installationSchema.parse({
      tensorflow: tensorflowVersion,
      device,
      cuda: device === 'gpu' ? cudaVersion : null,
      cudnn: device === 'gpu' ? cudnnVersion : null,
    });
    await writeFileAtomic(join(building, 'installation.json'), `${JSON.stringify(record, null, 2)}\n`);
  } catch (thrown) {
    // The previous installation is restored unchanged, or reports its missing parts.
    if (isRepair) renameSync(building, folder);
    throw thrown;
  }
  // One that was there before, beside a set-up that was not done.
  rmSync(folder, { recursive: true, force: true });
  renameSync(building, folder);
  removeDownloads(downloads, parts.wheels);
  return folder;
}

/**
 * Every step of the set-up with what of it is missing; null where it is done. Reads all files of an installation.
 * @throws AbortError
 */
export async function checkSetup(
  device: TensorflowDevice,
  signal: AbortSignal,
  parts: SetupParts = partsOf(device),
): Promise<{ label: string; damage: string | null }[]> {
  const [finished, unfinished] = [installationFolder(device), unfinishedFolder(device)];
  const folder = existsSync(finished) ? finished : unfinished;
  const found = [];
  for (const { label, damage } of setupSteps(parts)) found.push({ label, damage: await damage(folder, signal) });
  return found;
}

function partsOf(device: TensorflowDevice): SetupParts {
  return { wheels: wheelsFor(device), compile: compileAddon, attempt: tryAddon };
}

/**
 * Runs while no other process of this machine runs with the same folder. The name is of Linux's abstract sockets, which end with
 * their process: a killed one leaves nothing locked.
 * @throws StudioError refused while another does
 */
async function oneAtATime<Result>(folder: string, run: () => Promise<Result>): Promise<Result> {
  const lock = createServer().unref();
  lock.listen(`\0coto-studio-${createHash('sha256').update(folder).digest('hex')}`);
  try {
    await once(lock, 'listening');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE')) throw thrown;
    throw new StudioError(
      'refused',
      'libtensorflow is being set up by another program: the window, or a command.',
      'Wait until it is done, or cancel it there.',
    );
  }
  try {
    return await run();
  } finally {
    lock.close();
  }
}
