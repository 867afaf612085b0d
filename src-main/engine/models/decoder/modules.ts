import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { DecoderConfig } from './config.ts';

export const embeddingName = 'model.embed_tokens';
export const headName = 'lm_head';

/** Names of a layer's linears within it. */
export const decoderLinears = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
} as const;
type Role = keyof typeof decoderLinears;

export function decoderLinearName(layer: number, role: Role): string {
  return `model.layers.${layer}.${decoderLinears[role]}`;
}

/** Embedding, the layers' linears, head: all modules that can be adapted. */
export function decoderModules(config: DecoderConfig): LinearModule[] {
  const { hiddenSize: hidden, intermediateSize: inner, vocabularySize } = config;
  const queries = config.heads * config.headSize;
  const keys = config.keyValueHeads * config.headSize;
  const sizes: Readonly<Record<Role, readonly [inFeatures: number, outFeatures: number, hasBias: boolean]>> = {
    q: [hidden, queries, config.hasQueryKeyValueBias],
    k: [hidden, keys, config.hasQueryKeyValueBias],
    v: [hidden, keys, config.hasQueryKeyValueBias],
    o: [queries, hidden, config.hasOutputBias],
    gate: [hidden, inner, config.hasMlpBias],
    up: [hidden, inner, config.hasMlpBias],
    down: [inner, hidden, config.hasMlpBias],
  };
  const named = (name: string, layer: number | null) => ({
    name,
    aliases: [],
    checkpointKey: name,
    layer,
    isHead: false,
  });
  const table = { inFeatures: vocabularySize, outFeatures: hidden, hasBias: false };
  const modules: LinearModule[] = [{ ...named(embeddingName, null), ...plainLinear, kind: 'embedding', ...table }];
  for (let layer = 0; layer < config.layerCount; layer++)
    for (const role of ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const) {
      const [inFeatures, outFeatures, hasBias] = sizes[role];
      modules.push({
        ...named(decoderLinearName(layer, role), layer),
        ...plainLinear,
        inFeatures,
        outFeatures,
        hasBias,
      });
    }
  modules.push({
    ...named(headName, null),
    ...plainLinear,
    checkpointKey: config.isTied ? embeddingName : headName,
    inFeatures: hidden,
    outFeatures: vocabularySize,
    hasBias: false,
    isHead: true,
  });
  return modules;
}
