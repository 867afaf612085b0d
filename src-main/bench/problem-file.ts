import { adapterVariant } from '../engine/api/adapters.ts';
import { type HostTensor, writeSafetensors } from '../engine/api/base-parts.ts';
import type { AdaptedModel } from '../engine/api/steps.ts';
import type { BenchProblem } from './workload.ts';

/**
 * Writes a problem file for the peers: tensors `frozen:…`, `trained:…` and `input:…`, the linear layers as
 * `layers.<i>.<last name>.weight` and `head.weight`, the adapter's tensors under PEFT's last names. Among the metadata
 * are the adapter variant's id, so that a peer can refuse an unknown one, and the architecture as JSON, with the file that has the
 * frozen tensors where they are not in this one.
 */
export async function writeProblemFile(
  path: string,
  variant: string,
  problem: BenchProblem,
  model: AdaptedModel,
): Promise<void> {
  const tensors = new Map<string, HostTensor>();
  const put = (kind: string, name: string, tensor: HostTensor) => tensors.set(`${kind}:${name}`, tensor);
  const state = await model.exportState();
  for (const [name, tensor] of problem.extras) put('frozen', name, tensor);
  const { tensorKey } = adapterVariant(variant).files;
  let scaling = 1;
  for (const module of problem.base.description.linears) {
    const peerName = module.isHead ? 'head' : `layers.${module.layer}.${module.name.split('.').at(-1)}`;
    const factors = state.modules.get(module.name);
    if (factors !== undefined) {
      scaling = factors.scaling;
      for (const [part, tensor] of factors.tensors) put('trained', `${peerName}.${tensorKey(module, part)}`, tensor);
    }
    if (problem.stored !== undefined) continue;
    const { weight, bias } = problem.base.frozen(module);
    for (const [part, frozen] of [['weight', weight] as const, ['bias', bias] as const]) {
      const trained = state.saved.get(`${module.name}.${part}`);
      if (trained !== undefined) put('trained', `${peerName}.${part}`, trained);
      else if (frozen !== null)
        put('frozen', `${peerName}.${part}`, { shape: frozen.shape, data: Float32Array.from(await frozen.data()) });
    }
  }
  for (const [name, tensor] of Object.entries(problem.batch.inputs)) put('input', name, tensor);
  const { labels } = problem.batch.loss;
  put('input', 'labels', { shape: [labels.length], data: labels });
  const architecture = JSON.stringify({ ...problem.architecture, scaling, stored: problem.stored });
  await writeSafetensors(path, tensors, { adapter: variant, architecture });
}
