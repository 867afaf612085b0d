import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { PretrainConfig } from '../../../src-shared/domain/runs/pretrain.ts';
import type { TaskContext } from '../events.ts';
import { tokens } from '../outcomes/tokens.ts';
import { loadTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import type { PretrainExamples } from './examples.ts';
import { readDocuments, type TextWindows, tokenizeText } from './text-windows.ts';

/** Windows of text to pretrain a language model. */
export async function languageExamples(
  config: PretrainConfig,
  description: ModelDescription,
  context: TaskContext,
): Promise<PretrainExamples> {
  if (config.tokenizer === null)
    throw new StudioError(
      'invalid_input',
      'tokenizer: a language model needs one.',
      'Give the folder with tokenizer.json and tokenizer_config.json.',
    ).at('tokenizer');
  const tokenizer = await loadTokenizer(config.tokenizer);
  const vocabulary = description.text?.vocabularySize ?? 0;
  const { block_size: blockSize, eval_share: evalShare } = config;
  if (blockSize > (description.text?.maxPositions ?? 0))
    throw new StudioError(
      'invalid_input',
      `block_size is ${blockSize}, beyond the model's max_position_embeddings.`,
    ).at('block_size');
  const told = async (documents: number) => {
    if (documents % 500 !== 0) return;
    if (await context.signal()) throw new StudioError('cancelled', 'The training was cancelled.');
    const counts = { done: documents, total: 0, unit: 'documents', perSecond: null, etaSeconds: null };
    context.emit({ kind: 'progress', progress: { phase: 'Tokenizing', ...counts } });
  };
  const evaluation = config.eval_data.length > 0 ? readDocuments(config.eval_data) : null;
  const sources = { train: readDocuments(config.train_data), evaluation };
  const text = await tokenizeText(tokenizer, sources, { blockSize, evalShare }, told);
  for (const [name, windows] of [['train_data', text.train] as const, ['eval_data', text.evaluation] as const])
    if (windows.count === 0)
      throw new StudioError('invalid_input', `${name}: there is not one window of ${blockSize} tokens in it.`);
  if (text.train.highest >= vocabulary || text.evaluation.highest >= vocabulary)
    throw new StudioError(
      'invalid_input',
      `The tokenizer has tokens up to ${Math.max(text.train.highest, text.evaluation.highest)}, but config.json has a vocab_size of ${vocabulary}.`,
      'Set vocab_size to the size of the tokenizer.',
    );
  return {
    count: text.train.count,
    said: `${text.documents} documents, ${text.train.count * blockSize} tokens to train on in windows of ${blockSize}, ${text.evaluation.count * blockSize} held out`,
    loadBatch: async (indices) => {
      const { inputIds, labels, shape } = text.train.batch(indices);
      const inputs = { input_ids: { shape, data: inputIds } };
      return { inputs, examples: indices.length, loss: tokens.loss(labels) };
    },
    evaluate: async (model, within) => {
      const count = scored(text.evaluation, config.eval_samples);
      const progress = new ProgressMeter(within, 'Evaluating', count, 'windows');
      let sum = 0;
      const size = config.per_device_train_batch_size;
      for (let start = 0; start < count; start += size) {
        if ((await within.signal()) === 'cancel') throw new StudioError('cancelled', 'The training was cancelled.');
        const indices = Int32Array.from({ length: Math.min(size, count - start) }, (_, index) => start + index);
        const { inputIds, labels, shape } = text.evaluation.batch(indices);
        const loss = tf.tidy(() => {
          const states = model.statesFrom(model.embed({ input_ids: tf.tensor2d(inputIds, shape, 'int32') }));
          return model.loss(states, tf.tensor1d(labels, 'int32')).dataSync()[0] ?? Number.NaN;
        });
        sum += loss * indices.length;
        progress.at(start + indices.length);
      }
      return { loss: sum / count, accuracy: null };
    },
    close: () => undefined,
  };
}

function scored(windows: TextWindows, limit: number): number {
  return limit === 0 ? windows.count : Math.min(limit, windows.count);
}
