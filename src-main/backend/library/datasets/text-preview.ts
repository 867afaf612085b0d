import { resolve } from 'node:path';
import type { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RequestArgument, RequestOutput } from '../../../../src-shared/contract/requests.ts';
import { type DatasetRecord, type TextExample, textExampleSchema } from '../../../../src-shared/domain/data/dataset.ts';
import type { ChatMessage } from '../../../../src-shared/domain/generation/chat-message.ts';
import { detectReader, inspectDataset, inspectDatasetRows, openDataset } from '../../../engine/api/data.ts';
import { datasetName } from './dataset-name.ts';

const inspectedCharacters = 500;
const shownMessages = 20;

/** Previews the head of a path with these options. @throws StudioError if it is no dataset or cannot be read. */
export async function inspectPath({
  path,
  options,
}: RequestArgument<'datasets.inspect'>): Promise<RequestOutput<'datasets.inspect'>> {
  const absolute = resolve(path);
  const source = { ...(await detectReader(absolute, options)), options };
  const text = await inspectDataset(source);
  const name = datasetName(absolute);
  if (text === null) return { name, source, text };
  const rows = text.rows.map((row) =>
    row.kind === 'example' ? { ...row, example: cutTexts(row.example, inspectedCharacters) } : row,
  );
  return { name, source, text: { ...text, rows } };
}

/** Rows of a path with their cells, for an editor. @throws StudioError if it is no text dataset or cannot be read */
export async function inspectPathRows({
  path,
  options,
  ...query
}: RequestArgument<'datasets.inspectRows'>): Promise<RequestOutput<'datasets.inspectRows'>> {
  return inspectDatasetRows({ ...(await detectReader(resolve(path))), options }, query);
}

export type ReadableDataset = Pick<DatasetRecord, 'name' | 'source'>;

/** Untruncated text examples of one split from `offset` on. @throws StudioError refused for images. */
export async function* readExamples(
  { name, source }: ReadableDataset,
  { split, offset, limit }: { split: 'train' | 'test'; offset: number; limit: number },
): AsyncGenerator<TextExample> {
  const opened = await openDataset(source);
  try {
    if (opened.kind !== 'texts') throw new StudioError('refused', `The dataset ${name} contains images, not text.`);
    let place = 0;
    for await (const example of opened.examples(split)) {
      if (place++ < offset) continue;
      yield example;
      if (place >= offset + limit) break;
    }
  } finally {
    opened.close();
  }
}

/** The example with every text truncated, ending in "…" if truncated. */
export function cutTexts(example: TextExample, characters: number): TextExample {
  const cut = (text: string): string => (text.length > characters ? `${text.slice(0, characters)}…` : text);
  const cutOrNull = (text: string | null): string | null => (text === null ? null : cut(text));
  const { messages, tools } = plain({ ...example, messages: example.messages?.slice(0, shownMessages) ?? null });
  return {
    ...example,
    text: cutOrNull(example.text),
    textPair: cutOrNull(example.textPair),
    choices: example.choices?.map(cut) ?? null,
    prompt: cutOrNull(example.prompt),
    completion: cutOrNull(example.completion),
    messages: messages?.map((message) => cutMessage(message, cut, characters)) ?? null,
    ...(tools === undefined ? {} : { tools }),
    ...cutWords(example, characters),
    ...cutRejected(example, cut, characters),
    ...cutAnswers(example, cut),
    ...cutAnchor(example, cut),
  };
}

/** Keeps as many words as fit into `characters`, with their tags. */
function cutWords({ words, tags }: TextExample, characters: number): Pick<TextExample, 'words' | 'tags'> {
  if (words === undefined) return {};
  let [count, length] = [0, 0];
  while (count < words.length && length <= characters) length += (words[count++] ?? '').length + 1;
  const shown = words.slice(0, count).map((word) => word.slice(0, characters));
  return { words: shown, ...(tags === undefined ? {} : { tags: tags.slice(0, count) }) };
}

const shownAnswers = 20;

/** Keeps the question of a text, and the first answers. */
function cutAnswers(
  { question, context, answers }: TextExample,
  cut: (text: string) => string,
): Pick<TextExample, 'question' | 'context' | 'answers'> {
  if (question === undefined || context === undefined || answers === undefined) return {};
  const shown = answers.slice(0, shownAnswers).map(({ text, start }) => ({ text: cut(text), start }));
  return { question: cut(question), context: cut(context), answers: shown };
}

/** An anchor, its positive, and the first negatives. */
function cutAnchor(
  { anchor, positive, negatives }: TextExample,
  cut: (text: string) => string,
): Pick<TextExample, 'anchor' | 'positive' | 'negatives'> {
  if (anchor === undefined || positive === undefined) return {};
  return { anchor: cut(anchor), positive: cut(positive), negatives: negatives?.slice(0, shownAnswers).map(cut) };
}

/** The rejected answer, or the conversation that ends with it. */
function cutRejected(
  { rejected, tools }: TextExample,
  cut: (text: string) => string,
  characters: number,
): Pick<TextExample, 'rejected'> {
  if (rejected === undefined) return {};
  if (typeof rejected === 'string') return { rejected: cut(rejected) };
  const { messages } = plain({ messages: rejected.slice(0, shownMessages), tools });
  return { rejected: messages?.map((message) => cutMessage(message, cut, characters)) ?? [] };
}

const plainSchema = textExampleSchema.pick({ messages: true, tools: true });

/** Numbers as they are, not as the file writes them, which is for chat templates. */
function plain({ messages, tools }: Pick<TextExample, 'messages' | 'tools'>): z.infer<typeof plainSchema> {
  return plainSchema.parse(JSON.parse(JSON.stringify({ messages, tools })));
}

/** Other fields of a message are kept whole, or left out if they are long. */
function cutMessage(
  { role, content, ...besides }: ChatMessage,
  cut: (text: string) => string,
  characters: number,
): ChatMessage {
  return { ...(JSON.stringify(besides).length > characters ? {} : besides), role, content: cut(content) };
}
