import type { z } from 'zod';
import { type LinearModule, plainLinear } from '../../../../src-shared/domain/models/model.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import { TensorChecks } from '../check-tensors.ts';
import { parseConfig } from '../config-file.ts';
import type { DecoderLayout } from '../decoder/layout.ts';
import { decoderMemory } from '../decoder/memory.ts';
import { checkpointKeyOf, decoderBiases, decoderModules, decoderNorms, decoderTensors } from '../decoder/modules.ts';
import type { FamilyDeclaration, FamilyDescription, ModelConfigFile, ModelFamily } from '../family.ts';
import type { ModelMemory } from '../memory.ts';
import { labelsOf } from './config.ts';
import { encoderHead } from './head.ts';
import { describeHead, ownLabelCount, withOwnHead } from './own-head.ts';
import type { HeadPart, HeadPlan } from './plan.ts';

/** An encoder whose layers are in the words of decoders: rotated positions, gated feed-forward parts. */
export interface RotaryEncoderPlan extends HeadPlan {
  readonly architecture: string;
  readonly body: DecoderLayout;
}

/** Declared parts of an encoder: the classifier follows the dense layer. */
interface DeclaredPlan extends Pick<HeadPlan, 'pooling' | 'taskHeads'> {
  readonly body: DecoderLayout;
  readonly dense: HeadPart;
}

interface RotaryDeclaration<Keys> {
  /** e.g. "a ModernBERT", for messages. */
  readonly label: string;
  readonly keys: z.ZodType<Keys>;
  /** @throws StudioError that names the file and the key of a value that is not supported */
  readonly plan: (keys: Keys, file: ModelConfigFile) => DeclaredPlan;
}

/** A family of encoders with the layers of decoders, whose tokens attend to later ones too. */
export function rotaryEncoderFamily<Keys extends Parameters<typeof labelsOf>[1]>(
  modelType: string,
  declaration: FamilyDeclaration,
  { label, keys, plan }: RotaryDeclaration<Keys>,
): ModelFamily {
  const planOf = (file: ModelConfigFile): RotaryEncoderPlan => {
    const parsed = parseConfig(file, keys, label);
    const { dense, ...declared } = plan(parsed, file);
    const head = [dense, { name: 'classifier', activation: null, isOfEncoder: false }];
    const { architecture } = declared.body;
    return withOwnHead(file, { ...declared, architecture, head, labels: labelsOf(file, parsed) });
  };
  return {
    modelType,
    declaration,
    describe: (file, weights) => describe(planOf(file), weights),
    memory: (file, { tokens, ofTokens = false } = {}) => memoryOf(planOf(file), tokens, ofTokens),
    load: async (description, file, weights, options) => {
      const own = planOf(file);
      const { loadBody } = await import('../decoder/load.ts');
      const norms = headNorms(own, weights);
      const { body, loaded, module, normalized } = await loadBody(description, own.body, weights, options, norms);
      const normOf = ({ norm }: HeadPart) => (norm ? loaded.norm(norm) : null);
      const head = encoderHead(description, own, module, own.body.finalNorm && normalized, normOf);
      return { ...body, ...head.outputs(body) };
    },
  };
}

/** Norms of the head. One that the checkpoint lacks has the scale 1 and no shift, as Transformers creates it. */
function headNorms({ head }: HeadPlan, weights: Pick<TensorSource, 'has'>) {
  return head.flatMap(({ norm }) =>
    norm ? [weights.has(`${norm.name}.weight`) ? norm : { ...norm, hasScale: false, hasShift: false }] : [],
  );
}

function describe(plan: RotaryEncoderPlan, weights: TensorSource): FamilyDescription {
  const { body } = plan;
  const key = checkpointKeyOf(body, weights);
  const labelCount = ownLabelCount(plan, weights);
  const linears = [...decoderModules(body, key), ...headModules(plan, weights, labelCount, key)];
  const checks = new TensorChecks(weights);
  for (const module of linears) if (!module.isMissing) checks.expectModule(module);
  for (const { name, size, hasScale, hasShift } of [...decoderNorms(body), ...headNorms(plan, weights)]) {
    if (hasScale) checks.expect(`${key(name)}.weight`, [size]);
    if (hasShift) checks.expect(`${key(name)}.bias`, [size]);
  }
  for (const { name, shape } of decoderTensors(body)) checks.expect(key(name), shape);
  for (const { name } of body.layers.slice(0, 1)) checks.refuseUnknown(key(name).replace(/\d+$/, ''), body.ignorable);
  const biases = decoderBiases(body, key);
  return {
    architecture: plan.architecture,
    ...describeHead(plan, labelCount),
    layerCount: body.layers.length,
    hiddenSize: body.hiddenSize,
    image: null,
    text: { vocabularySize: body.vocabularySize, maxPositions: body.maxPositions },
    linears,
    ...(biases.length > 0 ? { biases } : {}),
  };
}

function headModules(
  { head, body }: RotaryEncoderPlan,
  weights: Pick<TensorSource, 'has'>,
  labelCount: number,
  key: (name: string) => string,
): LinearModule[] {
  return head.map((part) => {
    const isMissing = labelCount === 0 && !weights.has(`${key(part.name)}.weight`);
    return {
      ...plainLinear,
      name: part.name,
      aliases: [],
      checkpointKey: key(part.name),
      layer: null,
      inFeatures: body.hiddenSize,
      outFeatures: part === head.at(-1) ? labelCount : body.hiddenSize,
      hasBias: part.hasBias ?? true,
      isHead: isMissing || !part.isOfEncoder,
      isMissing,
      ...(part.servesTokens ? { place: 'before-head' as const } : {}),
    };
  });
}

/** The last states, the outputs of each part of the head and of its norm, the logits and their gradient. */
function memoryOf(plan: RotaryEncoderPlan, tokens: number | undefined, ofTokens: boolean): ModelMemory {
  const { head, body, labelsTokens, pooling } = plan;
  const memory = decoderMemory(body, tokens);
  return {
    ...memory,
    head: (batch, outputs) => {
      const states = memory.head(batch, outputs);
      const all = (states[0] ?? 0) / body.hiddenSize;
      const isOfTokens = ofTokens || labelsTokens !== undefined;
      const rows = isOfTokens || pooling === 'late' ? all : batch;
      const parts = isOfTokens ? head.filter(({ servesTokens }) => servesTokens) : head.slice(0, -1);
      return [...states, ...parts.map(() => 3 * rows * body.hiddenSize), rows * outputs, rows * outputs];
    },
  };
}
