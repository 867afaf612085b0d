import { type BiasVector, type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { type DecoderLayout, layerContents, type Renaming, renamed } from './layout.ts';
import type { LinearLayout, NormLayout, TensorLayout } from './part.ts';

/** Turns a name of the layout into the one that the tensor has in the file. */
export type CheckpointKey = (name: string) => string;

export function checkpointKeyOf(
  { checkpointNames, embedding }: DecoderLayout,
  source: Pick<TensorSource, 'has'>,
): CheckpointKey {
  const hasEmbedding = (form: Renaming) => source.has(`${renamed(form, embedding.name)}.weight`);
  const body = embedding.name.slice(0, embedding.name.indexOf('.') + 1);
  // Checkpoints of the model without a head lack the first part (LlamaModel, Qwen3-Embedding); LlamaForQuestionAnswering has another.
  const others: Renaming[] = [[], [[body, '']], [[body, 'transformer.']]];
  const form = [...checkpointNames, ...others].find(hasEmbedding) ?? [];
  return (name) => renamed(form, name);
}

/** Returns true if a language model's head has the table of the embedding as its weight. */
export function sharesTable({ isTied, head }: DecoderLayout, { isHead }: Pick<LinearModule, 'isHead'>): boolean {
  return isHead && isTied && head !== null;
}

/** Embedding, the layers' linears, head: all modules that can be adapted. */
export function decoderModules(layout: DecoderLayout, key: CheckpointKey): LinearModule[] {
  const { hiddenSize, vocabularySize, embedding, finalProjection, head, classifier } = layout;
  const { isTied, checkpointNames, moduleNames } = layout;
  const aliasesOf = (name: string) => {
    const others = [key(name), ...checkpointNames.map((form) => renamed(form, name))];
    return [...new Set(others)].filter((other) => other !== renamed(moduleNames, name));
  };
  const module = (
    { name, inFeatures, outFeatures, hasBias, expert }: LinearLayout,
    layer: number | null,
  ): LinearModule => ({
    name: renamed(moduleNames, name),
    aliases: aliasesOf(name),
    checkpointKey: key(name),
    layer,
    isHead: false,
    ...plainLinear,
    inFeatures,
    outFeatures,
    hasBias,
    ...(expert ? { expert } : {}),
  });
  const table = (name: string, inFeatures: number, outFeatures = hiddenSize): LinearModule => ({
    ...module({ name, inFeatures, outFeatures, hasBias: false }, null),
    kind: 'embedding',
  });
  const modules = [table(embedding.name, vocabularySize, embedding.projection?.inFeatures)];
  if (embedding.positions) modules.push(table(embedding.positions.name, embedding.positions.rows));
  if (embedding.types) modules.push(table(embedding.types.name, embedding.types.rows));
  if (embedding.projection) modules.push({ ...module(embedding.projection, null), place: 'before-layers' });
  if (finalProjection) modules.push(module(finalProjection, null));
  for (const [index, layer] of layout.layers.entries())
    for (const linear of layerContents(layer).linears) modules.push(module(linear, index));
  if (head) {
    const own = module(head.linear, null);
    modules.push({ ...own, checkpointKey: isTied ? key(embedding.name) : own.checkpointKey, isHead: true });
  }
  if (classifier) modules.push({ ...module(classifier.linear, null), isHead: true });
  return modules;
}

/** All norms, from the input up. */
export function decoderNorms({ embedding, layers, finalNorm }: DecoderLayout): NormLayout[] {
  const all = [embedding.norm, ...layers.flatMap((layer) => layerContents(layer).norms), finalNorm];
  return all.filter((norm) => norm !== null);
}

/** All tensors besides those of linears and norms. */
export function decoderTensors({ layers }: DecoderLayout): TensorLayout[] {
  return layers.flatMap((layer) => layerContents(layer).tensors);
}

/** Shifts of the norms. */
export function decoderBiases(layout: DecoderLayout, key: CheckpointKey): BiasVector[] {
  return decoderNorms(layout)
    .filter(({ hasShift }) => hasShift)
    .map(({ name, size }) => ({
      name: `${renamed(layout.moduleNames, name)}.bias`,
      aliases: [],
      checkpointKey: `${key(name)}.bias`,
      size,
    }));
}
