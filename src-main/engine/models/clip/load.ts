import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import { packStates, unpackStates } from '../../ops/autograd/pack-states.ts';
import { clsTokens } from '../../ops/indexing/cls-tokens.ts';
import { weightedTokenMean } from '../../ops/loss/weighted-token-mean.ts';
import { l2NormalizeRows } from '../../ops/normalization/l2-normalize-rows.ts';
import type { TensorSource } from '../../tensors/safetensors.ts';
import type { BaseModel, HiddenStates, LinearRunner, ModelInputs } from '../base-model.ts';
import { applyNorm, loadNorm } from '../blocks/norm.ts';
import { embedPatches } from '../blocks/patch-embedding.ts';
import { type PreNormBlock, runPreNormBlock } from '../blocks/pre-norm-block.ts';
import { FrozenTensors, layerOf } from '../blocks/weights.ts';
import type { LoadOptions } from '../family.ts';
import { namedModules } from '../named-modules.ts';
import { readTextInputs } from '../text-inputs.ts';
import type { ClipConfig, Tower } from './config.ts';
import { clipLayerName, clipNames } from './modules.ts';
import { textsAtOnce } from './texts-at-once.ts';

/**
 * The states of the last texts that a plain text tower was given: a batch has other images, but the same classes. Whoever
 * asks for them gets copies of the handle, not of the values.
 */
class TextCache {
  private kept: { readonly ids: Int32Array; readonly states: tf.Tensor2D } | null = null;

  /** @param run computes the states of these tokens [texts, hiddenSize]; called only where they are not those of the last call. */
  statesOf(ids: ArrayLike<number>, run: () => tf.Tensor2D): tf.Tensor2D {
    if (!this.has(ids)) this.keep(ids, tf.tidy(run));
    if (this.kept === null) throw new Error('the states of the texts were not kept');
    return tf.clone(this.kept.states);
  }

  has(ids: ArrayLike<number>): boolean {
    const { kept } = this;
    return kept?.ids.length === ids.length && kept.ids.every((id, index) => id === ids[index]);
  }

  /** Takes the states of these tokens, which are disposed with it. */
  keep(ids: ArrayLike<number>, states: tf.Tensor2D): void {
    this.dispose();
    this.kept = { ids: Int32Array.from(ids), states: tf.keep(states) };
  }

  dispose(): void {
    this.kept?.states.dispose();
    this.kept = null;
  }
}

/**
 * Context of a batch for later layers: the images, and a 1 at the end token of each text [classes, templates, tokens]. Texts
 * whose states are known already are of that one token.
 */
const kept = { pixels: 'pixels', ends: 'ends', known: 'known' } as const;

/**
 * Loads `CLIPModel` as a zero-shot classifier: `input_ids` [classes, tokens] or [classes, templates, tokens] are the texts of
 * the classes, `pixel_values` [batch, channels, height, width] the images, the outputs logits [batch, classes]. The embeddings
 * of a class's texts, each of length 1, are averaged, and the mean is made of length 1 again.
 *
 * Both towers form one chain, so that adapters on either are trained and switched by CoTo: first all layers of the text
 * tower, then all of the vision tower. The first layer of the vision tower starts from the images and keeps the states of
 * the texts' end tokens; from there on these are carried along as further rows, for the head to project and compare. While
 * nothing of the text tower is adapted or replaced, it runs once for the same texts, in batches, and its layers pass its states on.
 */
export async function loadClip(
  description: ModelDescription,
  config: ClipConfig,
  source: TensorSource,
  options: LoadOptions,
): Promise<BaseModel> {
  const tensors = new FrozenTensors(source, options);
  try {
    for (const module of description.linears) await tensors.loadLinear(module);
    const text = await loadTextTower(description, config, tensors);
    const vision = await loadVisionTower(description, config, tensors);
    const scale = Math.exp((await tensors.load('logit_scale', [1])).dataSync()[0] ?? 0);
    const textLayers = config.text.layerCount;
    const layerCount = textLayers + config.vision.layerCount;
    const cache = new TextCache();
    const ofTexts = description.linears.filter(({ name }) => name.startsWith('text_model.'));
    // A base that is itself trained has other weights at every step.
    const mayKeep = options.trained === undefined;
    const isPlain = (runner: LinearRunner) =>
      mayKeep && runner.replacesBiases !== true && ofTexts.every((module) => runner.isPlain(module));

    const parts = ({ hidden, batch, tokens, context }: HiddenStates) => {
      const [classes, templates] = textShape(context);
      const { x, carried } = unpackStates(hidden, batch * tokens, [classes * templates, config.text.hiddenSize]);
      return { x, carried, classes, templates };
    };
    const layer: BaseModel['layer'] = (index, states, runner) => {
      if (index < textLayers)
        return states.context?.tensors?.[kept.known] === undefined
          ? text.layer(index, states, runner)
          : { ...states, hidden: tf.add(states.hidden, 0) };
      return tidied(() => {
        const isFirst = index === textLayers;
        const pixels = states.context?.tensors?.[kept.pixels];
        if (isFirst && pixels === undefined) throw lacks('pixel_values');
        const { x, carried } = isFirst ? { x: null, carried: text.pooled(states) } : parts(states);
        const entered = x === null && pixels ? vision.embed(pixels, runner) : { ...states, hidden: x ?? states.hidden };
        const left = vision.layer(index - textLayers, entered, runner);
        return { ...states, ...left, context: states.context, hidden: packStates(left.hidden, carried) };
      });
    };
    const embeddings = (states: HiddenStates, runner: LinearRunner) => {
      const { x, carried, classes, templates } = parts(states);
      return {
        image_embeds: vision.embeddings({ ...states, hidden: x }, runner),
        text_embeds: byClass(text.embeddings(carried, runner), classes, templates),
      };
    };
    const embed = (inputs: ModelInputs, runner: LinearRunner): HiddenStates => {
      const states =
        inputs['attention_mask'] === undefined && isPlain(runner) ? known(inputs, runner) : text.embed(inputs, runner);
      const pixels = inputs['pixel_values'];
      const tensors = states.context?.tensors ?? {};
      // The caller's tensor must not be among the states, which are disposed.
      const all = pixels === undefined ? tensors : { ...tensors, [kept.pixels]: tf.clone(pixels) };
      return { ...states, context: { ...states.context, tensors: all } };
    };
    /** The states of the texts' end tokens [texts, hiddenSize], batch by batch. */
    function* pooledTexts(ids: tf.Tensor, runner: LinearRunner): Generator<tf.Tensor2D> {
      const [classes, templates] = textsIn(ids);
      const texts = classes * templates;
      const tokens = ids.size / texts;
      const atOnce = textsAtOnce(tokens);
      for (let start = 0; start < texts; start += atOnce)
        yield tf.tidy(() => {
          const count = Math.min(atOnce, texts - start);
          const input_ids = tf.slice2d(tf.reshape(ids, [texts, tokens]), [start, 0], [count, tokens]);
          let states = text.embed({ input_ids }, runner);
          for (let index = 0; index < textLayers; index++) states = text.layer(index, states, runner);
          return text.pooled(states);
        });
    }
    const prepare: BaseModel['prepare'] = async (inputs, runner, onBatch) => {
      const ids = inputs['input_ids'];
      if (ids === undefined || inputs['attention_mask'] !== undefined || !isPlain(runner)) return;
      const given = await ids.data();
      if (cache.has(given)) return;
      const [classes, templates] = textsIn(ids);
      const batches: tf.Tensor2D[] = [];
      try {
        for (const states of pooledTexts(ids, runner)) {
          batches.push(states);
          const done = batches.reduce((sum, { shape }) => sum + shape[0], 0);
          await onBatch(done, classes * templates);
        }
        cache.keep(given, joined(batches));
      } finally {
        tf.dispose(batches);
      }
    };
    /** The states of the texts' end tokens, as states of texts of one token. */
    const known = (inputs: ModelInputs, runner: LinearRunner): HiddenStates => {
      const ids = inputs['input_ids'];
      if (ids === undefined) throw lacks('input_ids');
      const [classes, templates] = textsIn(ids);
      const hidden = cache.statesOf(ids.dataSync(), () => joined([...pooledTexts(ids, runner)]));
      const tensors = { [kept.known]: tf.ones([classes, templates, 1]) };
      return { hidden, batch: classes * templates, tokens: 1, context: { tensors } };
    };
    const compared = ({ image_embeds, text_embeds }: ReturnType<typeof embeddings>): tf.Tensor2D =>
      tf.mul(tf.matMul(image_embeds, tf.transpose(text_embeds)), scale);
    return {
      description,
      layerCount,
      mixesExamples: true,
      embed,
      prepare,
      layer,
      head: (states, runner) => compared(embeddings(states, runner)),
      outputs: (inputs, runner) => {
        let states = embed(inputs, runner);
        for (let index = 0; index < layerCount; index++) states = layer(index, states, runner);
        const made = embeddings(states, runner);
        return { logits: compared(made), ...made };
      },
      ...tensors.access(),
      dispose: () => {
        cache.dispose();
        tensors.dispose();
      },
    };
  } catch (error) {
    tensors.dispose();
    throw error;
  }
}

async function loadTextTower(description: ModelDescription, config: ClipConfig, tensors: FrozenTensors) {
  const { text } = config;
  const module = namedModules(description);
  const words = module(clipNames.tokens);
  const places = module(clipNames.textPositions);
  const projection = module(clipNames.textProjection);
  const layer = await loadLayers(description, 'text_model', text, tensors);
  const norm = await loadNorm(tensors, 'text_model.final_layer_norm', text.epsilon);
  return {
    embed: (inputs: ModelInputs, runner: LinearRunner): HiddenStates => {
      const given = inputs['input_ids'];
      if (given === undefined) throw lacks('input_ids');
      const [classes, templates] = textsIn(given);
      const rows = tf.reshape(given, [classes * templates, -1]);
      const { ids, batch, tokens, mask } = readTextInputs({ ...inputs, input_ids: rows }, text);
      const positions = Int32Array.from({ length: batch * tokens }, (_, index) => index % tokens);
      const hidden = tf.add<tf.Tensor2D>(
        runner.embedding(words, ids),
        runner.embedding(places, tf.tensor1d(positions, 'int32')),
      );
      const ends = tf.reshape(endMarks(ids.dataSync(), [batch, tokens], text.endToken), [classes, templates, tokens]);
      return { hidden, batch, tokens, context: { mask, tensors: { [kept.ends]: ends } } };
    },
    layer: (index: number, states: HiddenStates, runner: LinearRunner) => layer(index, states, runner, false),
    /** The state of each text's end token [texts, hiddenSize]. */
    pooled: ({ hidden, context }: HiddenStates): tf.Tensor2D => {
      const [classes, templates, tokens] = textShape(context);
      const marks = context?.tensors?.[kept.ends];
      return marks ? weightedTokenMean(hidden, as2D(tf.reshape(marks, [classes * templates, tokens]))) : hidden;
    },
    /** [texts, projectionSize], of length 1. */
    embeddings: (pooled: tf.Tensor2D, runner: LinearRunner): tf.Tensor2D =>
      l2NormalizeRows(runner.linear(projection, applyNorm(norm, pooled))),
  };
}

async function loadVisionTower(description: ModelDescription, config: ClipConfig, tensors: FrozenTensors) {
  const { vision } = config;
  const { hiddenSize: hidden, image, patch } = vision;
  const module = namedModules(description);
  const places = module(clipNames.imagePositions);
  const projection = module(clipNames.imageProjection);
  const key = 'vision_model.embeddings';
  const area = image.channels * patch.height * patch.width;
  const patches = {
    image,
    patch,
    projection: as2D(await tensors.load(`${key}.patch_embedding.weight`, [hidden, area])),
    bias: null,
    leading: [await tensors.load(`${key}.class_embedding`, [1, 1, hidden])],
    positions: null,
  };
  const layer = await loadLayers(description, 'vision_model', vision, tensors);
  const before = await loadNorm(tensors, 'vision_model.pre_layrnorm', vision.epsilon);
  const after = await loadNorm(tensors, 'vision_model.post_layernorm', vision.epsilon);
  return {
    embed: (pixels: tf.Tensor, runner: LinearRunner): HiddenStates => {
      const states = embedPatches(patches, pixels);
      const { batch, tokens } = states;
      const positions = Int32Array.from({ length: batch * tokens }, (_, index) => index % tokens);
      const placed = tf.add<tf.Tensor2D>(states.hidden, runner.embedding(places, tf.tensor1d(positions, 'int32')));
      return { ...states, hidden: applyNorm(before, placed) };
    },
    /** The last layer returns the class token only. Masks belong to texts: images have none. */
    layer: (index: number, states: HiddenStates, runner: LinearRunner) =>
      layer(index, { ...states, context: undefined }, runner, index === vision.layerCount - 1),
    /** [batch, projectionSize], of length 1. */
    embeddings: (states: HiddenStates, runner: LinearRunner): tf.Tensor2D =>
      l2NormalizeRows(runner.linear(projection, applyNorm(after, clsTokens(states.hidden, states.tokens)))),
  };
}

async function loadLayers(
  description: ModelDescription,
  name: 'text_model' | 'vision_model',
  tower: Tower,
  tensors: FrozenTensors,
) {
  const module = namedModules(description);
  const blocks: PreNormBlock[] = [];
  for (let layer = 0; layer < tower.layerCount; layer++) {
    const key = clipLayerName(name, layer);
    blocks.push({
      heads: tower.heads,
      activation: tower.activation,
      causal: name === 'text_model',
      before: await loadNorm(tensors, `${key}.layer_norm1`, tower.epsilon),
      after: await loadNorm(tensors, `${key}.layer_norm2`, tower.epsilon),
      q: module(`${key}.self_attn.q_proj`),
      k: module(`${key}.self_attn.k_proj`),
      v: module(`${key}.self_attn.v_proj`),
      o: module(`${key}.self_attn.out_proj`),
      fc1: module(`${key}.mlp.fc1`),
      fc2: module(`${key}.mlp.fc2`),
    });
  }
  return (index: number, states: HiddenStates, runner: LinearRunner, onlyFirstToken: boolean): HiddenStates => {
    return runPreNormBlock(layerOf(blocks, index), states, runner, onlyFirstToken);
  };
}

/** A 1 at each text's end token, [texts, tokens]: its first occurrence, or that of the highest id. */
function endMarks(ids: ArrayLike<number>, [texts, tokens]: [number, number], endToken: number | null): tf.Tensor2D {
  const marks = new Float32Array(texts * tokens);
  for (let text = 0; text < texts; text++) {
    const own = Array.from({ length: tokens }, (_, index) => ids[text * tokens + index] ?? 0);
    const end = endToken ?? own.reduce((highest, id) => Math.max(highest, id), 0);
    marks[text * tokens + Math.max(0, own.indexOf(end))] = 1;
  }
  return tf.tensor2d(marks, [texts, tokens]);
}

function joined(batches: tf.Tensor2D[]): tf.Tensor2D {
  return batches.length === 1 && batches[0] ? tf.clone(batches[0]) : tf.concat2d(batches, 0);
}

/** Classes and texts of each; ids [classes, tokens] or [classes, templates, tokens]. */
function textsIn({ shape }: tf.Tensor): [number, number] {
  return [shape[0] ?? 0, shape.length === 3 ? (shape[1] ?? 0) : 1];
}

/** Classes, templates and tokens of the texts of a batch. */
function textShape(context: HiddenStates['context']): [number, number, number] {
  const { tensors = {} } = context ?? {};
  const [classes, templates, tokens] = (tensors[kept.ends] ?? tensors[kept.known])?.shape ?? [];
  if (classes === undefined || templates === undefined || tokens === undefined)
    throw new Error('the states lack the texts');
  return [classes, templates, tokens];
}

/** The mean of each class's embeddings, of length 1: [classes · templates, size] → [classes, size]. */
function byClass(embeddings: tf.Tensor2D, classes: number, templates: number): tf.Tensor2D {
  if (templates === 1) return embeddings;
  return l2NormalizeRows(weightedTokenMean(embeddings, tf.fill([classes, templates], 1 / templates)));
}

function lacks(name: string): StudioError {
  return new StudioError('invalid_input', `The inputs lack the tensor "${name}".`);
}

/** Frees the intermediate tensors of a layer except its state. */
function tidied(run: () => HiddenStates): HiddenStates {
  const made: HiddenStates[] = [];
  tf.tidy(() => {
    const states = run();
    made.push(states);
    return states.hidden;
  });
  const [states] = made;
  if (states === undefined) throw new Error('a layer gave no states');
  return states;
}
