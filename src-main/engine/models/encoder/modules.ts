import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { ownLabelCount } from './own-head.ts';
import { type EncoderPlan, embeddingSize, layerName, ownLayers } from './plan.ts';

export const embeddingNames = {
  words: 'embeddings.word_embeddings',
  positions: 'embeddings.position_embeddings',
  types: 'embeddings.token_type_embeddings',
  norm: 'embeddings.LayerNorm',
} as const;

/** Names of DeBERTa's linears for distances, if queries and keys do not share theirs. */
export const distanceNames = { k: 'attention.self.pos_key_proj', q: 'attention.self.pos_query_proj' } as const;

/** Key of a name in the checkpoint: bare encoders lack the prefix. */
export function checkpointKey(plan: EncoderPlan, weights: Pick<TensorSource, 'has'>, name: string): string {
  const isBare = !weights.has(`${plan.prefix}.${embeddingNames.words}.weight`);
  return isBare ? bareName(plan, name) : name;
}

function bareName({ prefix }: EncoderPlan, name: string): string {
  return name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : name;
}

/**
 * Embeddings, the layers' linears, head: all modules that can be adapted. Parts of the head that the checkpoint lacks are
 * marked.
 */
export function encoderModules(plan: EncoderPlan, weights: Pick<TensorSource, 'has' | 'info'>): LinearModule[] {
  const { prefix, hiddenSize: hidden, innerSize: inner, names, relative } = plan;
  const named = (name: string, layer: number | null) => {
    const bare = bareName(plan, name);
    return {
      ...plainLinear,
      name,
      aliases: bare === name ? [] : [bare],
      checkpointKey: checkpointKey(plan, weights, name),
      layer,
      isHead: false,
      hasBias: true,
    };
  };
  const table = (name: string, inFeatures: number): LinearModule => ({
    ...named(`${prefix}.${name}`, null),
    kind: 'embedding',
    inFeatures,
    outFeatures: embeddingSize(plan),
    hasBias: false,
  });
  const modules = [table(embeddingNames.words, plan.vocabularySize)];
  if (plan.positions) modules.push(table(embeddingNames.positions, plan.positions.rows));
  if (plan.types > 0) modules.push(table(embeddingNames.types, plan.types));
  if (plan.projection)
    modules.push({
      ...named(`${prefix}.${plan.projection.name}`, null),
      place: 'before-layers',
      inFeatures: plan.projection.size,
      outFeatures: hidden,
    });
  const perLayer: [name: string, inFeatures: number, outFeatures: number][] = [
    [names.q, hidden, hidden],
    [names.k, hidden, hidden],
    [names.v, hidden, hidden],
    [names.o, hidden, hidden],
    [names.fc1, hidden, inner],
    [names.fc2, inner, hidden],
  ];
  if (relative?.contentToPosition && !relative.sharesLinears) perLayer.push([distanceNames.k, hidden, hidden]);
  if (relative?.positionToContent && !relative.sharesLinears) perLayer.push([distanceNames.q, hidden, hidden]);
  for (const layer of ownLayers(plan))
    for (const [name, inFeatures, outFeatures] of perLayer)
      modules.push({ ...named(`${layerName(plan, layer)}.${name}`, layer), inFeatures, outFeatures });
  const labelCount = ownLabelCount(plan, weights);
  for (const part of plan.head) {
    const isMissing = labelCount === 0 && !weights.has(`${checkpointKey(plan, weights, part.name)}.weight`);
    modules.push({
      ...named(part.name, null),
      inFeatures: hidden,
      outFeatures: part === plan.head.at(-1) ? labelCount : hidden,
      isHead: isMissing || !part.isOfEncoder,
      isMissing,
    });
  }
  return modules;
}

/** Names and widths of all normalizations. */
export function encoderNorms(plan: EncoderPlan): { readonly name: string; readonly size: number }[] {
  const size = plan.hiddenSize;
  const norms = [{ name: `${plan.prefix}.${embeddingNames.norm}`, size: embeddingSize(plan) }];
  if (plan.relative?.normalizes) norms.push({ name: `${plan.prefix}.encoder.LayerNorm`, size });
  for (const layer of ownLayers(plan))
    for (const norm of [plan.names.attentionNorm, plan.names.outputNorm])
      norms.push({ name: `${layerName(plan, layer)}.${norm}`, size });
  return norms;
}

/** The shifts of the normalizations. */
export function encoderBiases(plan: EncoderPlan, weights: Pick<TensorSource, 'has'>): BiasVector[] {
  return encoderNorms(plan).map(({ name, size }) => ({
    name: `${name}.bias`,
    aliases: [`${bareName(plan, name)}.bias`],
    checkpointKey: `${checkpointKey(plan, weights, name)}.bias`,
    size,
  }));
}
