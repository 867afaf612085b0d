import { isUtf8 } from 'node:buffer';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../../src-shared/contract/requests.ts';
import type { DescribedTokens, TextColumns, TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { addCounts, noAnswers } from '../../../../src-shared/domain/evaluation/answer-counts.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import type { UntrainedToken } from '../../../../src-shared/domain/models/untrained-tokens.ts';
import { taskSettingsSchema } from '../../../../src-shared/domain/runs/task.ts';
import { openModelWeights, untrainedRows } from '../../../engine/api/models.ts';
import { isLearned, PromptWriter, type ReadTokens, resolveTask } from '../../../engine/api/tasks.ts';
import { byteSymbols, chosenTemplate, type TextTokenizer } from '../../../engine/api/text.ts';
import { modelTokenizer } from '../models/model-tokenizer.ts';
import { type ReadableDataset, readExamples } from './text-preview.ts';

/** Most tokens shown of an example. */
const shownTokens = 2000;

/** Examples whose lengths are counted. */
const measuredExamples = 1000;

export type TextModel = Pick<ModelRecord, 'name' | 'path' | 'description'>;

/**
 * An example as the model reads it in training with default settings.
 * @throws StudioError if the model has no tokenizer or cannot read such examples, not_found if the split has no such example.
 */
export async function describeTokens(
  model: TextModel,
  columns: TextColumns,
  dataset: ReadableDataset,
  {
    split,
    index,
    chat_template,
  }: { readonly split: 'train' | 'test'; readonly index: number; readonly chat_template?: string | undefined },
): Promise<DescribedTokens> {
  // The loop, left, closes the file.
  for await (const example of readExamples(dataset, { split, offset: index, limit: 1 })) {
    const tokenizer = await tokenizerOf(model);
    return describe(tokenizer, exampleReader(tokenizer, model, columns, chat_template)(example));
  }
  throw new StudioError('not_found', `The dataset has no ${split} example ${index + 1}.`);
}

/** Describes a tokenized example for the window by its first tokens. */
export function describe(
  tokenizer: TextTokenizer,
  { ids, marks, written, counts, answers }: ReadTokens,
): DescribedTokens {
  const shown = ids.slice(0, shownTokens);
  return {
    text: tokenizer.decode(shown),
    written,
    counts,
    tokens: shown.map((id, place) => ({ id, text: shownToken(tokenizer, id), counted: isLearned(marks[place]) })),
    tokenCount: ids.length,
    countedCount: countMarked(marks),
    ...(answers === undefined ? {} : { answers }),
  };
}

export function countMarked(marks: readonly number[]): number {
  return marks.filter(isLearned).length;
}

/** Token counts of the first training examples; `unwritable` is the number that the template rejects. */
export async function countTokens(
  model: TextModel,
  columns: TextColumns,
  dataset: ReadableDataset,
  chat_template?: string,
): Promise<RequestOutput<'datasets.lengths'>> {
  const tokenizer = await tokenizerOf(model);
  const read = exampleReader(tokenizer, model, columns, chat_template);
  const added = new AddedUse(tokenizer);
  const lengths: number[] = [];
  let [unwritable, answers] = [0, noAnswers];
  for await (const example of readExamples(dataset, { split: 'train', offset: 0, limit: measuredExamples })) {
    try {
      const tokens = read(example);
      lengths.push(tokens.ids.length);
      answers = addCounts(answers, tokens.answers);
      added.see(tokens);
    } catch (thrown) {
      if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
      unwritable++;
    }
  }
  const untrained = await added.untrained(model);
  return { lengths, unwritable, answers, untrained, maxPositions: model.description.text?.maxPositions ?? 0 };
}

/** Names of tokens that are kept for later use, which no text contains. */
const reservedName = /reserved|unused|dummy|placeholder/i;
/** Most tokens, and most unused rows, whose rows are read. */
const checkedTokens = 64;

/** Added tokens, such as those that a chat template writes, that examples use. */
class AddedUse {
  private readonly tokenizer: TextTokenizer;
  private readonly added: ReadonlySet<number>;
  private readonly read = new Set<number>();
  private readonly learned = new Set<number>();

  constructor(tokenizer: TextTokenizer) {
    this.tokenizer = tokenizer;
    this.added = new Set(tokenizer.files.tokenizer.added_tokens.map(({ id }) => id));
  }

  see({ ids, marks }: ReadTokens): void {
    for (const [place, id] of ids.entries()) {
      if (!this.added.has(id)) continue;
      this.read.add(id);
      if (isLearned(marks[place])) this.learned.add(id);
    }
  }

  /** The used tokens that the base never learned. */
  async untrained({ path, description }: TextModel): Promise<UntrainedToken[]> {
    const read = [...this.read].slice(0, checkedTokens);
    if (read.length === 0) return [];
    const { added_tokens } = this.tokenizer.files.tokenizer;
    const reserved = added_tokens.flatMap(({ id, content }) => (reservedName.test(content) ? id : []));
    const last = added_tokens.reduce((most, { id }) => Math.max(most, id), 0);
    const rows = description.text?.vocabularySize ?? 0;
    const padding = Array.from({ length: Math.max(0, rows - last - 1) }, (_, index) => last + 1 + index);
    const unused = [...reserved, ...padding.filter((id) => this.tokenizer.spelling(id) === '')];
    const weights = await openModelWeights(path);
    try {
      const tokens = { read, learned: [...this.learned], unused: unused.slice(0, checkedTokens) };
      const found = await untrainedRows(weights, description, tokens);
      return found.map((token) => ({ ...token, text: this.tokenizer.spelling(token.id) }));
    } finally {
      await weights.close();
    }
  }
}

/** @throws StudioError refused for a model of images, or one without a tokenizer */
export function tokenizerOf(model: TextModel): Promise<TextTokenizer> {
  if (model.description.text === null)
    throw new StudioError('refused', `${model.name} reads images, not text.`, 'Choose a model that reads text.');
  return modelTokenizer(model.path);
}

/** Encoder of the task that fits the model and the columns. */
export function exampleReader(
  tokenizer: TextTokenizer,
  { description }: TextModel,
  columns: TextColumns,
  chat_template?: string,
): (example: TextExample) => ReadTokens {
  const { preview } = resolveTask({ task: 'auto', model: description, columns });
  if (preview) return preview(tokenizer);
  const settings = taskSettingsSchema.parse({ chat_template });
  const writer = new PromptWriter(tokenizer, settings);
  const isChat = chosenTemplate(tokenizer, settings.chat_template).render !== null;
  return (example) => {
    const label = typeof example.label === 'string' ? example.label : null;
    const isAnswered = example.messages !== null || example.completion !== null || label !== null;
    return {
      ...writer.learned(example, label),
      written: isChat && isAnswered ? 'template' : 'plain',
      counts: isAnswered ? 'completion' : 'text',
    };
  };
}

/** A token as text: byte-level symbols are decoded to characters, incomplete ones shown as bytes. */
function shownToken(tokenizer: TextTokenizer, id: number): string {
  const spelling = tokenizer.spelling(id);
  const { decoder, added_tokens } = tokenizer.files.tokenizer;
  if (added_tokens.some((token) => token.id === id)) return spelling;
  if (!decoder.some(({ type }) => type === 'ByteLevel')) return spelling.replaceAll('▁', ' ');
  const bytes = Buffer.from([...spelling].map(byteOf));
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return [...bytes].map((byte) => `<${byte.toString(16).toUpperCase().padStart(2, '0')}>`).join('');
}

/** The byte that a symbol of the vocabulary stands for; "?" for what is none. */
function byteOf(symbol: string): number {
  const code = symbol.codePointAt(0) ?? 0;
  return code < 0x100 ? code : (bytesOfSymbols.get(symbol) ?? 0x3f);
}

const bytesOfSymbols = new Map(byteSymbols.map((symbol, byte) => [symbol, byte]));
