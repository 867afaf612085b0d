import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { type EncoderPlan, layerName } from './plan.ts';

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

/** Number of labels of the checkpoint's classifier; 0 without one. */
export function ownLabelCount(plan: EncoderPlan, weights: Pick<TensorSource, 'has' | 'info'>): number {
  const key = `${plan.head.at(-1)?.name}.weight`;
  return weights.has(key) ? (plan.labels?.length ?? weights.info(key).shape[0] ?? 0) : 0;
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
    outFeatures: hidden,
    hasBias: false,
  });
  const modules = [table(embeddingNames.words, plan.vocabularySize)];
  if (plan.positions) modules.push(table(embeddingNames.positions, plan.positions.rows));
  if (plan.types > 0) modules.push(table(embeddingNames.types, plan.types));
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
  for (let layer = 0; layer < plan.layerCount; layer++)
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

/** Names of all normalizations. */
export function encoderNorms(plan: EncoderPlan): string[] {
  const norms = [`${plan.prefix}.${embeddingNames.norm}`];
  if (plan.relative?.normalizes) norms.push(`${plan.prefix}.encoder.LayerNorm`);
  for (let layer = 0; layer < plan.layerCount; layer++)
    for (const norm of [plan.names.attentionNorm, plan.names.outputNorm])
      norms.push(`${layerName(plan, layer)}.${norm}`);
  return norms;
}

/** The shifts of the normalizations. */
export function encoderBiases(plan: EncoderPlan, weights: Pick<TensorSource, 'has'>): BiasVector[] {
  return encoderNorms(plan).map((norm) => ({
    name: `${norm}.bias`,
    aliases: [`${bareName(plan, norm)}.bias`],
    checkpointKey: `${checkpointKey(plan, weights, norm)}.bias`,
    size: plan.hiddenSize,
  }));
}
