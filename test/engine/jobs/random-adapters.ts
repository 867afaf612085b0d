import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { idxBytes } from '../data/make-data.ts';
import { goldenPath } from '../golden.ts';

export const modelDirectory = goldenPath('vit-28', 'base');
export const labels = ['0', '1', '2', '3', '4'];

/** A dataset of 10 training and 120 test images. */
export async function writeImages(directory: string, classes = labels.length): Promise<void> {
  await mkdir(directory);
  await writeSplit(directory, 'train', 10, classes);
  await writeSplit(directory, 't10k', 120, classes);
}

/** Random images of 28 × 28, labels from 0 on in turn. */
export async function writeSplit(
  directory: string,
  split: string,
  count: number,
  classes = labels.length,
): Promise<void> {
  const random = RandomStream.seeded(count, 'study');
  const pixels = Array.from({ length: count * 784 }, () => random.integer(256));
  const labelsOf = Array.from({ length: count }, (_, index) => index % classes);
  const file = (kind: string) => path.join(directory, `${split}-${kind}-ubyte`);
  await writeFile(file('images-idx3'), idxBytes([count, 28, 28], pixels));
  await writeFile(file('labels-idx1'), idxBytes([count], labelsOf));
}

/** An adapter with random A, B and head (if its task has one), written as a PEFT folder. */
export async function randomAdapter(
  directory: string,
  seed: number,
  task: string[] | null,
  targets = ['q_proj', 'v_proj'],
  folder = modelDirectory,
  deviation = 0.3,
): Promise<string> {
  const base = await loadBaseModel(folder);
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(seed, 'initialization');
  await model.createAdapter(adapterSettingsSchema.parse({ r: 2, target_modules: targets }), {
    random,
    labels: task,
  });
  const state = await model.exportState();
  const drawn = (tensor: HostTensor): HostTensor => ({
    shape: tensor.shape,
    data: Float32Array.from(tensor.data, () => deviation * random.normal()),
  });
  const modules = new Map(
    [...state.modules].map(([key, { tensors, ...rest }]) => {
      const own = [...tensors].map(([part, tensor]) => [part, part === 'b' ? drawn(tensor) : tensor] as const);
      return [key, { ...rest, tensors: new Map(own) }];
    }),
  );
  const saved = new Map([...state.saved].map(([key, value]) => [key, drawn(value)]));
  await writeAdapter(
    directory,
    { ...state, modules, saved },
    { description: base.description, baseModelName: path.basename(path.dirname(folder)) },
  );
  model.dispose();
  base.dispose();
  return directory;
}
