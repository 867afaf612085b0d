import { join } from 'node:path';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { type AdapterOutline, adapterConfigFile, lastName, readAdapterOutline } from '../../../engine/api/adapters.ts';
import { elementCount } from '../../../engine/api/tensors.ts';
import { fileHash } from '../../../files/file-hash.ts';
import { folderBytes } from '../../../files/folder-fingerprint.ts';
import type { AdapterFacts } from '../../reading/adapter-schemas.ts';

/**
 * Facts of a PEFT folder, from its header. `known`: its size and hash, where they were just computed.
 * @throws as `readAdapterOutline` if it does not fit the base
 */
export async function readFacts(
  folder: string,
  description: ModelDescription,
  known: Pick<AdapterFacts, 'sizeBytes' | 'sha256'> | null = null,
): Promise<AdapterFacts> {
  return {
    ...summarizeOutline(await readAdapterOutline(folder, description), description),
    sizeBytes: known?.sizeBytes ?? (await folderBytes(folder)),
    sha256: known?.sha256 ?? (await fileHash(join(folder, 'adapter_model.safetensors'))),
    configSha256: await fileHash(join(folder, adapterConfigFile)),
  };
}

function summarizeOutline(outline: AdapterOutline, description: ModelDescription) {
  const layerOf = new Map(description.linears.map((module) => [module.name, module.layer]));
  const layers = new Set<number>();
  const targets = new Set<string>();
  let parameterCount = 0;
  for (const [name, { tensors: own }] of outline.modules) {
    const layer = layerOf.get(name) ?? null;
    if (layer !== null) layers.add(layer);
    targets.add(lastName(name));
    for (const tensor of own.values()) parameterCount += elementCount(tensor.shape);
  }
  for (const tensor of [...outline.shared.values(), ...outline.saved.values(), ...outline.biases.values()])
    parameterCount += elementCount(tensor.shape);
  return {
    variant: outline.variant.declaration.id,
    parameters: outline.parameters,
    targetModules: [...targets],
    layers: [...layers].sort((left, right) => left - right),
    modulesToSave: outline.config.modules_to_save ?? [],
    coto: outline.coto,
    parameterCount,
  };
}
