import { z } from 'zod';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { preNormMemory } from '../blocks/pre-norm-memory.ts';
import { TensorChecks } from '../check-tensors.ts';
import type { FamilyDescription, ModelConfigFile, ModelFamily } from '../family.ts';
import type { ModelMemory } from '../memory.ts';
import { patchGrid, pooledSize, resizesImages, tokenCount, type VisionLayout } from './layout.ts';
import { layerName, ownLabelCount, VisionNames, visionBiases, visionModules } from './modules.ts';
import type { Rectangle } from './positions.ts';

interface VisionFamily extends Pick<ModelFamily, 'modelType' | 'alsoModelTypes' | 'declaration'> {
  readonly layoutOf: (file: ModelConfigFile) => VisionLayout;
}

/** A family of vision transformers that classify images. A checkpoint without a classifier gets one from an adapter. */
export function visionFamily({ layoutOf, ...family }: VisionFamily): ModelFamily {
  return {
    ...family,
    describe: (file, weights) => describeVision(file, layoutOf(file), weights),
    resizesImages: (file) => resizesImages(layoutOf(file)),
    memory: (file, { image } = {}) => visionMemory(layoutOf(file), image ?? undefined),
    load: async (description, file, weights, options) => {
      const { loadVision } = await import('./load.ts');
      return loadVision(description, layoutOf(file), weights, options);
    },
  };
}

const classSchema = z.object({ architectures: z.tuple([z.string()], z.string()) });

/** The class of a checkpoint with a head other than a classifier: of masked patches, or of a teacher beside it. */
function unusedHeadOf({ value }: ModelConfigFile): Pick<FamilyDescription, 'unusedHead'> {
  const [architecture] = classSchema.safeParse(value).data?.architectures ?? [];
  return architecture && /For(ImageClassificationWithTeacher|MaskedImageModeling)$/.test(architecture)
    ? { unusedHead: architecture }
    : {};
}

function describeVision(file: ModelConfigFile, layout: VisionLayout, weights: TensorSource): FamilyDescription {
  const labelCount = ownLabelCount(layout, weights);
  checkTensors(layout, weights);
  return {
    architecture: layout.architecture,
    ...(labelCount === 0 ? unusedHeadOf(file) : {}),
    kind: 'image-classification',
    layerCount: layout.layerCount,
    hiddenSize: layout.hiddenSize,
    labels:
      labelCount === 0 ? [] : [...(layout.labels ?? Array.from({ length: labelCount }, (_, id) => `LABEL_${id}`))],
    image: { ...layout.image },
    text: null,
    linears: visionModules(layout, weights),
    biases: visionBiases(layout, weights),
  };
}

/** Every tensor that the forward pass reads, with the shape that the config implies. */
function checkTensors(layout: VisionLayout, weights: TensorSource): void {
  const { hiddenSize: hidden, image, patch, positions, layer } = layout;
  const names = new VisionNames(layout, weights);
  const checks = new TensorChecks(weights);
  for (const { name, count } of layout.leading) checks.expect(names.key(name), [1, count, hidden]);
  if (positions) {
    const grid = patchGrid(layout, image);
    const shape = [positions.tokens + grid.height * grid.width, hidden];
    checks.expect(names.key(positions.name), positions.isTable ? shape : [1, ...shape]);
  }
  const patches = names.key(layout.patches);
  checks.expect(`${patches}.weight`, [hidden, image.channels, patch.height, patch.width]);
  checks.expect(`${patches}.bias`, [hidden]);
  for (const linear of visionModules(layout, weights)) if (!linear.isMissing) checks.expectModule(linear);
  checks.expectNorm(names.key(layout.finalNorm), hidden);
  for (let index = 0; index < layout.layerCount; index++) {
    checks.expectNorm(names.layerKey(index, layer.before), hidden);
    checks.expectNorm(names.layerKey(index, layer.after), hidden);
    for (const name of Object.values(layer.scales ?? {})) checks.expect(names.layerKey(index, { name }), [hidden]);
  }
}

/** @param image size of the images that the model runs on; default: the config's */
function visionMemory(layout: VisionLayout, image: Rectangle = layout.image): ModelMemory {
  const { hiddenSize: hidden, innerSize: inner, heads, layerCount, layer } = layout;
  const tokens = tokenCount(layout, image);
  const readsFirst = layout.pooling === 'class';
  return {
    inputs: (batch) => [batch * layout.image.channels * image.height * image.width],
    layer: (index, batch, adapters) => {
      const name = (part: keyof typeof layer & ('q' | 'k' | 'v' | 'o' | 'fc1' | 'fc2')) =>
        layerName(layout, index, layer[part].name);
      const names = {
        q: name('q'),
        k: name('k'),
        v: name('v'),
        o: name('o'),
        fc1: name('fc1'),
        fc2: name('fc2'),
        ...(layer.gate && { gate: layerName(layout, index, layer.gate.name) }),
      };
      const onlyFirstToken = readsFirst && index === layerCount - 1;
      const sizes = { batch, tokens, hidden, inner, heads, onlyFirstToken };
      const memory = preNormMemory(sizes, names, adapters);
      // The scaled output of attention or of the feed-forward part, before the residual is added.
      return layer.scales ? { ...memory, working: [...memory.working, batch * tokens * hidden] } : memory;
    },
    // The classifier's input, normalized; the logits and their gradient.
    head: (batch, outputs) => {
      const rows = readsFirst ? batch : batch * tokens;
      return [
        rows * hidden,
        readsFirst ? batch * hidden : batch * pooledSize(layout),
        batch * outputs,
        batch * outputs,
      ];
    },
  };
}
