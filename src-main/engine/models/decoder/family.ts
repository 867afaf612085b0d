import type { z } from 'zod';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { TensorChecks } from '../check-tensors.ts';
import { parseConfig } from '../config-file.ts';
import type { FamilyDeclaration, FamilyDescription, ModelConfigFile, ModelFamily } from '../family.ts';
import type { DecoderLayout } from './layout.ts';
import { decoderMemory } from './memory.ts';
import {
  checkpointKeyOf,
  decoderBiases,
  decoderModules,
  decoderNorms,
  decoderTensors,
  sharesTable,
} from './modules.ts';
import { headDescription, withOwnHead } from './own-head.ts';

interface DecoderPlan<Keys> {
  /** e.g. "a Llama", for messages. */
  readonly label: string;
  /** Keys of config.json that the layout is made of. */
  readonly keys: z.ZodType<Keys>;
  /** @throws StudioError that names the file and the key of a value that is not supported */
  readonly layout: (keys: Keys, file: ModelConfigFile) => DecoderLayout;
  /** Name of the linear of its *ForTokenClassification. Default: score. */
  readonly tokenHead?: string;
}

/** A family with the layout that it makes of config.json. */
export interface DecoderFamily extends ModelFamily {
  layout(file: ModelConfigFile): DecoderLayout;
}

/** A family of decoders, declared by the layout that config.json gives its layers. */
export function decoderFamily<Keys>(
  modelType: string,
  declaration: FamilyDeclaration,
  { label, keys, layout, tokenHead }: DecoderPlan<Keys>,
): DecoderFamily {
  const layoutOf = (file: ModelConfigFile) => layout(parseConfig(file, keys, label), file);
  return { modelType, declaration, layout: layoutOf, ...familyOfLayouts(layoutOf, tokenHead) };
}

/**
 * All that a family computes follows from the layouts that it makes.
 * @param layoutOfLanguage layout of its language model
 * @param tokenHead name of the linear of its *ForTokenClassification
 */
export function familyOfLayouts(
  layoutOfLanguage: (file: ModelConfigFile) => DecoderLayout,
  tokenHead?: string,
): Pick<ModelFamily, 'describe' | 'memory' | 'load'> {
  const layoutOf = (file: ModelConfigFile) => withOwnHead(file, layoutOfLanguage(file), tokenHead);
  return {
    describe: (file, weights) => describeDecoder(layoutOf(file), weights),
    memory: (file, { tokens } = {}) => decoderMemory(layoutOf(file), tokens),
    load: async (description, file, weights, options) => {
      const { loadDecoder } = await import('./load.ts');
      return loadDecoder(description, layoutOf(file), weights, options);
    },
  };
}

function describeDecoder(layout: DecoderLayout, weights: TensorSource): FamilyDescription {
  const { architecture, hiddenSize, vocabularySize, maxPositions } = layout;
  const key = checkpointKeyOf(layout, weights);
  const linears = decoderModules(layout, key);
  const checks = new TensorChecks(weights);
  for (const module of linears) if (!sharesTable(layout, module)) checks.expectModule(module);
  for (const { name, size, hasScale, hasShift } of decoderNorms(layout)) {
    if (hasScale) checks.expect(`${key(name)}.weight`, [size]);
    if (hasShift) checks.expect(`${key(name)}.bias`, [size]);
  }
  for (const { name, shape } of decoderTensors(layout)) checks.expect(key(name), shape);
  for (const { name } of layout.layers.slice(0, 1))
    checks.refuseUnknown(key(name).replace(/\d+$/, ''), layout.ignorable);
  const biases = decoderBiases(layout, key);
  return {
    architecture,
    ...headDescription(layout),
    layerCount: layout.layers.length,
    hiddenSize: layout.finalProjection?.outFeatures ?? hiddenSize,
    image: null,
    text: { vocabularySize, maxPositions },
    linears,
    ...(biases.length > 0 ? { biases } : {}),
    ...(layout.ignoresImages ? { ignoresImages: true } : {}),
  };
}
