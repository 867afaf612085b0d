import type { TensorSource } from '../../tensors/safetensors.ts';
import { preNormMemory } from '../blocks/pre-norm-memory.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDescription, ModelFamily } from '../family.ts';
import type { ModelMemory } from '../memory.ts';
import { type ClipConfig, parseClipConfig } from './config.ts';
import { clipBiases, clipLayerName, clipModules, clipNorms } from './modules.ts';
import { textsAtOnce } from './texts-at-once.ts';

/** CLIP (Radford et al. 2021), with the checkpoints of `CLIPModel`. */
export const clipFamily: ModelFamily = {
  modelType: 'clip',
  declaration: {
    id: 'clip',
    label: 'CLIP',
    checkpoints: ['openai/clip-vit-base-patch32', 'openai/clip-vit-large-patch14'],
    summary: 'Images and texts in one space: an image is of the class whose text is nearest.',
    paper: {
      title: 'Learning Transferable Visual Models From Natural Language Supervision',
      url: 'https://arxiv.org/abs/2103.00020',
    },
  },
  describe: (file, weights) => describe(parseClipConfig(file), weights),
  memory: (file, { tokens, texts } = {}) => memoryOf(parseClipConfig(file), tokens, texts),
  load: async (description, file, weights, options) => {
    const { loadClip } = await import('./load.ts');
    return loadClip(description, parseClipConfig(file), weights, options);
  },
};

function describe(config: ClipConfig, weights: TensorSource): FamilyDescription {
  const { text, vision } = config;
  const linears = clipModules(config);
  const checks = new TensorChecks(weights);
  for (const module of linears) checks.expectModule(module);
  for (const { name, width } of clipNorms(config)) checks.expectNorm(name, width);
  for (const tower of ['text_model', 'vision_model']) checks.refuseUnknown(`${tower}.encoder.layers.`, /$^/);
  checks.expect('vision_model.embeddings.class_embedding', [vision.hiddenSize]);
  checks.expect('vision_model.embeddings.patch_embedding.weight', [
    vision.hiddenSize,
    vision.image.channels,
    vision.patch.height,
    vision.patch.width,
  ]);
  checks.expect('logit_scale', []);
  return {
    architecture: config.architecture,
    kind: 'embedding',
    layerCount: text.layerCount + vision.layerCount,
    hiddenSize: vision.hiddenSize,
    labels: [],
    image: { ...vision.image },
    text: { vocabularySize: text.vocabularySize, maxPositions: text.maxPositions },
    linears,
    biases: clipBiases(config),
  };
}

/** Adapters on the text tower keep the states of all texts; without one these run in batches, of which one state a text is kept. */
function memoryOf(
  { text, vision, projectionSize, ...config }: ClipConfig,
  tokens = text.maxPositions,
  allTexts?: number,
): ModelMemory {
  const { image } = vision;
  const ofTexts = clipModules({ text, vision, projectionSize, ...config }).filter(({ name }) =>
    name.startsWith('text_model.'),
  );
  const textsOf = (batch: number) => allTexts ?? batch;
  return {
    inputs: (batch) => [
      batch * image.channels * image.height * image.width,
      3 * textsOf(batch) * tokens,
      textsOf(batch) * text.hiddenSize,
    ],
    layer: (index, batch, adapters) => {
      const isText = index < text.layerCount;
      const texts = textsOf(batch);
      const atOnce = ofTexts.some(({ name }) => adapters.has(name)) ? texts : Math.min(texts, textsAtOnce(tokens));
      const tower = isText ? text : vision;
      const name = isText ? clipLayerName('text_model', index) : clipLayerName('vision_model', index - text.layerCount);
      const names = {
        q: `${name}.self_attn.q_proj`,
        k: `${name}.self_attn.k_proj`,
        v: `${name}.self_attn.v_proj`,
        o: `${name}.self_attn.out_proj`,
        fc1: `${name}.mlp.fc1`,
        fc2: `${name}.mlp.fc2`,
      };
      const sizes = {
        batch: isText ? atOnce : batch,
        tokens: isText ? tokens : vision.tokens,
        hidden: tower.hiddenSize,
        inner: tower.innerSize,
        heads: tower.heads,
        onlyFirstToken: index === text.layerCount + vision.layerCount - 1,
      };
      const memory = preNormMemory(sizes, names, adapters);
      if (isText) return memory;
      // The states of the images are sliced from a tensor that also carries those of the texts, one each.
      const carried = texts * text.hiddenSize;
      return { ...memory, input: memory.input + carried, kept: [...memory.kept, memory.input, carried] };
    },
    head: (batch, outputs) => [
      4 * batch * projectionSize,
      4 * textsOf(batch) * projectionSize,
      batch * outputs,
      batch * outputs,
    ],
  };
}
