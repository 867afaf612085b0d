import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { type LinearLayout, type PartName, pooledSize, type VisionLayout } from './layout.ts';

/** Name of the classifier in every class of transformers that classifies images. */
export const classifierName = 'classifier';

type Weights = Pick<TensorSource, 'has'>;
type LayerPart = Exclude<keyof VisionLayout['layer'], 'scales'>;

/** Linears of a layer, in the order in which they run. */
export const layerLinears = ['q', 'k', 'v', 'o', 'gate', 'fc1', 'fc2'] as const satisfies readonly LayerPart[];

/** Names of the parts of a model in transformers and keys in its checkpoint, which may lack the prefix. */
export class VisionNames {
  private readonly layout: VisionLayout;
  private readonly storedPrefix: string;
  private readonly storedLayers: string;

  constructor(layout: VisionLayout, weights: Weights) {
    this.layout = layout;
    const { prefix = '', layers, layer } = layout;
    const isBare = !weights.has(`${prefix}${layout.patches}.weight`);
    this.storedPrefix = isBare ? '' : prefix;
    const { name, stored = name } = layers;
    const first = (path: string) => weights.has(`${this.storedPrefix}${path}.0.${keyOf(layer.before)}.weight`);
    // Early checkpoints of some families have the names that transformers uses today.
    this.storedLayers = !first(stored) && first(name) ? name : stored;
  }

  /** Key of a part outside the layers. */
  key(part: string): string {
    return `${this.storedPrefix}${part}`;
  }

  /** Name of a part outside the layers. */
  name(part: string): string {
    return `${this.layout.prefix ?? ''}${part}`;
  }

  layerKey(layer: number, part: PartName): string {
    return `${this.storedPrefix}${this.storedLayers}.${layer}.${keyOf(part)}`;
  }

  layerName(layer: number, { name }: PartName): string {
    return layerName(this.layout, layer, name);
  }

  /** Names that adapters of earlier versions, or of the encoder without a classifier, have for the same part. */
  aliases(name: string, key: string): string[] {
    const { prefix = '' } = this.layout;
    const [whole, bare] = key.startsWith(prefix) ? [key, key.slice(prefix.length)] : [`${prefix}${key}`, key];
    const others = this.storedPrefix === prefix ? [whole] : [whole, bare, name.slice(prefix.length)];
    return [...new Set(others)].filter((other) => other !== name);
  }
}

function keyOf({ name, stored = name }: PartName): string {
  return stored;
}

/** Name of a layer's part in transformers. */
export function layerName({ prefix = '', layers }: VisionLayout, layer: number, part: string): string {
  return `${prefix}${layers.name}.${layer}.${part}`;
}

/** Labels of the checkpoint's classifier; 0 without one. */
export function ownLabelCount({ labels }: VisionLayout, weights: Pick<TensorSource, 'has' | 'info'>): number {
  const key = `${classifierName}.weight`;
  if (!weights.has(key)) return 0;
  return labels?.length ?? weights.info(key).shape[0] ?? 0;
}

/** The layers' linears and the classifier, which is marked where the checkpoint lacks it. */
export function visionModules(layout: VisionLayout, weights: Pick<TensorSource, 'has' | 'info'>): LinearModule[] {
  const { hiddenSize: hidden, innerSize: inner, layerCount } = layout;
  const names = new VisionNames(layout, weights);
  const linears: LinearModule[] = [];
  for (let layer = 0; layer < layerCount; layer++)
    for (const part of layerLinears) {
      const declared: LinearLayout | undefined = layout.layer[part];
      if (declared === undefined) continue;
      const [name, key] = [names.layerName(layer, declared), names.layerKey(layer, declared)];
      linears.push({
        ...plainLinear,
        name,
        aliases: names.aliases(name, key),
        checkpointKey: key,
        layer,
        inFeatures: part === 'fc2' ? inner : hidden,
        outFeatures: part === 'fc1' || part === 'gate' ? inner : hidden,
        hasBias: declared.hasBias ?? true,
        isHead: false,
      });
    }
  const labelCount = ownLabelCount(layout, weights);
  linears.push({
    ...plainLinear,
    name: classifierName,
    aliases: [],
    checkpointKey: classifierName,
    layer: null,
    inFeatures: pooledSize(layout),
    outFeatures: labelCount,
    hasBias: true,
    isHead: true,
    isMissing: labelCount === 0,
  });
  return linears;
}

/** Biases of the patches and of the normalizations. */
export function visionBiases(layout: VisionLayout, weights: Weights): BiasVector[] {
  const { hiddenSize: size, layerCount } = layout;
  const names = new VisionNames(layout, weights);
  const biasOf = (name: string, key: string): BiasVector => ({
    name: `${name}.bias`,
    aliases: names.aliases(name, key).map((alias) => `${alias}.bias`),
    checkpointKey: `${key}.bias`,
    size,
  });
  const biases = [layout.patches, layout.finalNorm].map((part) => biasOf(names.name(part), names.key(part)));
  for (let layer = 0; layer < layerCount; layer++)
    for (const part of [layout.layer.before, layout.layer.after])
      biases.push(biasOf(names.layerName(layer, part), names.layerKey(layer, part)));
  return biases;
}
