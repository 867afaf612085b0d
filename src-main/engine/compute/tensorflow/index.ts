import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type ComputeBackend, type ComputeProbe, unavailable } from '../compute-backend.ts';
import {
  findInstallation,
  installationFolder,
  type TensorflowInstallation,
  tensorflowVersion,
  unfinishedFolder,
  wantedCuda,
} from './installation.ts';
import { allowsTf32 } from './library-variables.ts';
import { isUsingGpu, makeTensorflowBackend } from './load.ts';
import { findNvidia, type NvidiaDevice } from './nvidia.ts';
import { findAnyDamage } from './setup/record.ts';

/**
 * libtensorflow through tfjs's own addon: CUDA if available, else the CPU. Opt-in (`npm run setup:tensorflow`), since it is
 * large; only ever loaded in a process of its own, because a driver crash or a conflict with Electron's main process would
 * end the app.
 */
export const tensorflowBackend: ComputeBackend = {
  id: 'tensorflow',
  probe: async () => {
    const nvidia = findNvidia();
    const installation = findInstallation();
    if (installation === null) return unavailable(await missingReason(nvidia));
    const damage = await findAnyDamage(dirname(dirname(installation.addon)));
    if (damage !== null) return unavailable(damagedReason(damage));
    try {
      return describe(installation, nvidia);
    } catch (error) {
      return unavailable(`libtensorflow did not load: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
  activate: async () => {
    const installation = findInstallation();
    if (installation === null)
      throw new StudioError(
        'refused',
        await missingReason(findNvidia()),
        'Choose another compute backend in Settings.',
      );
    if (!tf.findBackend('tensorflow')) {
      const backend = await makeTensorflowBackend(installation);
      tf.registerBackend('tensorflow', () => backend);
    }
    if (!(await tf.setBackend('tensorflow'))) throw new StudioError('internal', 'libtensorflow did not start.');
    const { device } = describe(installation, findNvidia());
    return { device: device ?? 'libtensorflow', threads: availableParallelism() };
  },
};

function describe(installation: TensorflowInstallation, nvidia: NvidiaDevice | null): ComputeProbe {
  const { tensorflow, cuda, cudnn } = installation;
  const library = `libtensorflow ${tensorflow}`;
  if (isUsingGpu(installation) && nvidia !== null)
    return {
      available: true,
      kind: 'gpu',
      device: nvidia.name,
      memoryBytes: nvidia.memoryBytes,
      reason: `${library} with CUDA ${cuda ?? 'of the system'} and cuDNN ${cudnn ?? 'of the system'}, NVIDIA driver ${nvidia.driver}; products in ${allowsTf32() ? 'TF32' : 'float32 (COTO_TF32=1 allows TF32)'}.`,
    };
  const cpu = `${library} on the processor`;
  return {
    available: true,
    kind: 'cpu',
    device: `CPU, ${availableParallelism()} threads`,
    memoryBytes: totalmem(),
    reason:
      nvidia === null
        ? `${cpu}: no NVIDIA driver was found (${wantedCuda} would come with the setup in Settings once there is one).`
        : `${cpu}: CUDA did not start on the ${nvidia.name} (driver ${nvidia.driver}). It wants ${
            installation.device === 'gpu' && cuda !== null ? `CUDA ${cuda} and cuDNN ${cudnn}` : wantedCuda
          }: set it up again in Settings, or with "npm run setup:tensorflow -- --gpu".`,
  };
}

function damagedReason(damage: string): string {
  return `The installation of libtensorflow is damaged: ${damage}. Set it up again in Settings, or with "npm run setup:tensorflow", which fetches only what is missing.`;
}

/** Returns the reason why no installation can be loaded. */
async function missingReason(nvidia: NvidiaDevice | null): Promise<string> {
  const devices = ['gpu', 'cpu'] as const;
  const way = 'set it up in Settings, or with "npm run setup:tensorflow"';
  if (devices.some((device) => existsSync(unfinishedFolder(device))))
    return `The set-up of libtensorflow ${tensorflowVersion} was not finished: ${way}, which resumes where it stopped.`;
  const damaged = devices.map(installationFolder).find((folder) => existsSync(folder));
  if (damaged !== undefined)
    return damagedReason((await findAnyDamage(damaged)) ?? 'its installation.json cannot be read');
  return nvidia === null
    ? `libtensorflow ${tensorflowVersion} is not set up. It would compute on an NVIDIA GPU (${wantedCuda}), of which no driver was found, or on the processor: ${way}.`
    : `libtensorflow ${tensorflowVersion} is not set up. It would compute on the ${nvidia.name} and brings ${wantedCuda}: ${way}.`;
}
