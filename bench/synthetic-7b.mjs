// Synthetic LoRA adapters of a 7B Llama on all linears, as PEFT writes them, and the description of their base, for the benches of merging.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('../src-shared/domain/models/model.ts').ModelDescription} ModelDescription */

const hidden = 4096;
const intermediate = 11008;
/** Layers of the whole model. */
export const allLayers = 32;
/** @type {Record<string, [inFeatures: number, outFeatures: number]>} */
const shapes = {
  'self_attn.q_proj': [hidden, hidden],
  'self_attn.k_proj': [hidden, hidden],
  'self_attn.v_proj': [hidden, hidden],
  'self_attn.o_proj': [hidden, hidden],
  'mlp.gate_proj': [hidden, intermediate],
  'mlp.up_proj': [hidden, intermediate],
  'mlp.down_proj': [intermediate, hidden],
};

/**
 * Writes a LoRA folder with random tensors, unless it exists.
 * @param {string} folder
 * @param {number} index
 * @param {{ dtype: 'F32' | 'BF16', rank: number, layers: number }} options
 * @returns {Promise<string>} its directory
 */
export async function makeAdapter(folder, index, { dtype, rank, layers }) {
  const { encodeFloats, streamSafetensors } = await import('../src-main/engine/api/tensors.ts');
  const directory = join(folder, `adapter-${dtype}-${rank}-${layers}-${index}`);
  if (existsSync(directory)) return directory;
  mkdirSync(directory);
  const tensors = [...modules(layers)].flatMap(({ name, inFeatures, outFeatures }) =>
    /** @type {const} */ ([
      { part: 'lora_A', shape: [rank, inFeatures] },
      { part: 'lora_B', shape: [outFeatures, rank] },
    ]).map(({ part, shape }) => ({
      name: `base_model.model.${name}.${part}.weight`,
      dtype,
      shape,
      pieces: () => [
        encodeFloats(
          dtype,
          Float32Array.from({ length: shape[0] * shape[1] }, () => 0.02 * (Math.random() - 0.5)),
        ),
      ],
    })),
  );
  await streamSafetensors(join(directory, 'adapter_model.safetensors'), tensors);
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: 'synthetic-7b',
    r: rank,
    lora_alpha: 2 * rank,
    target_modules: Object.keys(shapes).map((name) => name.split('.')[1]),
  };
  writeFileSync(join(directory, 'adapter_config.json'), JSON.stringify(config));
  return directory;
}

/** @param {number} layers */
function* modules(layers) {
  for (let layer = 0; layer < layers; layer++)
    for (const [part, [inFeatures, outFeatures]] of Object.entries(shapes))
      yield { name: `model.layers.${layer}.${part}`, layer, inFeatures, outFeatures };
}

/**
 * @param {number} layers
 * @returns {ModelDescription}
 */
export function describeBase(layers) {
  return {
    family: 'llama',
    architecture: 'LlamaForCausalLM',
    kind: 'causal-lm',
    parameterCount: 6738415616,
    sizeBytes: 13476831232,
    dtype: 'BF16',
    layerCount: layers,
    hiddenSize: hidden,
    labels: [],
    image: null,
    text: { vocabularySize: 32000, maxPositions: 4096 },
    linears: [...modules(layers)].map((module) => ({
      ...module,
      aliases: [],
      checkpointKey: module.name,
      hasBias: false,
      isHead: false,
      kind: 'linear',
      fanInFanOut: false,
      isMissing: false,
    })),
    fingerprint: 'synthetic',
  };
}
