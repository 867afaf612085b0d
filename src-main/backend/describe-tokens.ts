import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { DescribedTokens, TextExample } from '../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../src-shared/domain/model.ts';
import { chatTemplates, renderChat, renderConversation } from '../engine/text/chat-template.ts';
import { loadTokenizer, type TextTokenizer } from '../engine/text/tokenizer.ts';

/** More chips than this no one looks at. */
const shownTokens = 2000;
const shownCharacters = 100_000;
/** After so many characters of examples other requests have their turn. */
const charactersAtOnce = 20_000;

type Message = NonNullable<TextExample['messages']>[number];

/** A text on its way to tokens: as it is written, and from where to where the loss counts. */
interface Written {
  readonly text: string;
  readonly pair: string | null;
  readonly by: DescribedTokens['written'];
  readonly counts: DescribedTokens['counts'];
  /** Character ranges that count, where not all or none do. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

/**
 * An example as the model reads it in training.
 * @throws StudioError where the model has no tokenizer, or its template refuses the example.
 */
export async function describeTokens(model: ModelRecord, example: TextExample): Promise<DescribedTokens> {
  const tokenizer = await tokenizerOf(model);
  const written = write(tokenizer, model, example);
  const ids = encode(tokenizer, model, written);
  const counted = countedTokens(tokenizer, written, ids);
  const text = written.pair === null ? written.text : `${written.text}\n${written.pair}`;
  return {
    text: text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text,
    written: written.by,
    counts: written.counts,
    tokens: ids.slice(0, shownTokens).map((id, index) => ({
      id,
      text: shownToken(tokenizer, id),
      counted: counted[index] ?? false,
    })),
    tokenCount: ids.length,
    countedCount: counted.filter(Boolean).length,
  };
}

/** How many tokens each example has; `unwritable` of them the template refused. Other requests are answered in between. */
export async function countTokens(
  model: ModelRecord,
  examples: AsyncIterable<TextExample>,
): Promise<{ lengths: number[]; unwritable: number }> {
  const tokenizer = await tokenizerOf(model);
  const lengths: number[] = [];
  let unwritable = 0;
  let characters = 0;
  for await (const example of examples) {
    if (characters > charactersAtOnce) {
      await setImmediate();
      characters = 0;
    }
    try {
      const written = write(tokenizer, model, example);
      characters += written.text.length;
      lengths.push(encode(tokenizer, model, written).length);
    } catch (thrown) {
      if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
      unwritable++;
    }
  }
  return { lengths, unwritable };
}

/** The last model's tokenizer stays: examples are looked at one after the other. */
let kept: { readonly path: string; readonly tokenizer: Promise<TextTokenizer> } | null = null;

function tokenizerOf(model: ModelRecord): Promise<TextTokenizer> {
  if (model.description.text === null)
    throw new StudioError('refused', `${model.name} reads pictures, not texts.`, 'Choose a model that reads texts.');
  if (kept?.path !== model.path) {
    const tokenizer = loadTokenizer(model.path);
    kept = { path: model.path, tokenizer };
    // A folder that is mended meanwhile is read again.
    tokenizer.catch(() => {
      if (kept?.tokenizer === tokenizer) kept = null;
    });
  }
  return kept.tokenizer;
}

function write(tokenizer: TextTokenizer, { name, description }: ModelRecord, example: TextExample): Written {
  const isChat = chatTemplates(tokenizer.files).length > 0;
  const { text, textPair, prompt, completion, messages, label } = example;
  if (messages !== null) {
    if (!isChat)
      throw new StudioError(
        'refused',
        `${name} has no chat template: it cannot read conversations.`,
        'Choose a model that was made for conversations.',
      );
    return writeConversation(tokenizer, messages);
  }
  if (completion !== null || prompt !== null) {
    const [before, after] = [prompt ?? '', completion ?? ''];
    if (isChat && before !== '')
      return writeConversation(tokenizer, [
        { role: 'user', content: before },
        { role: 'assistant', content: after },
      ]);
    const whole = `${before}${before === '' ? '' : '\n'}${after}`;
    const ranges = [[whole.length - after.length, whole.length]] as const;
    return { text: whole, pair: null, by: 'plain', counts: 'completion', ranges };
  }
  const writes = description.kind === 'causal-lm' && label === null;
  const counts = writes ? 'text' : label === null ? 'nothing' : 'label';
  return { text: text ?? '', pair: textPair, by: 'plain', counts, ranges: [] };
}

/** Each answer counts, from where the model would begin to write it to the end of its turn. */
function writeConversation(tokenizer: TextTokenizer, messages: readonly Message[]): Written {
  const text = renderConversation(tokenizer, messages);
  const ranges = messages.flatMap(({ role }, index) => {
    if (role !== 'assistant' || index === 0) return [];
    const before = renderChat(tokenizer, messages.slice(0, index));
    const upTo = renderConversation(tokenizer, messages.slice(0, index + 1));
    // A template may write a turn otherwise once others follow it: such a turn is read, but not learned.
    return text.startsWith(before) && text.startsWith(upTo) ? [[before.length, upTo.length] as const] : [];
  });
  return { text, pair: null, by: 'template', counts: 'completion', ranges };
}

function encode(tokenizer: TextTokenizer, { description }: ModelRecord, written: Written): number[] {
  // A template has written the special tokens already.
  if (written.by === 'template') return [...tokenizer.encode(written.text, { addSpecialTokens: false }).ids];
  const ids = [...tokenizer.encode(written.text, written.pair === null ? {} : { pair: written.pair }).ids];
  const end = tokenizer.special('eos')?.id;
  const isWritten = description.kind === 'causal-lm' && (written.counts === 'completion' || written.counts === 'text');
  if (isWritten && end !== undefined && ids.at(-1) !== end) ids.push(end);
  return ids;
}

/** By token, whether the loss counts it: a range begins where the tokens part from those of the text before it. */
function countedTokens(tokenizer: TextTokenizer, written: Written, ids: readonly number[]): boolean[] {
  if (written.counts === 'text') return ids.map(() => true);
  const counted = ids.map(() => false);
  const tokensUpTo = (character: number): number => {
    if (character >= written.text.length) return ids.length;
    const addSpecialTokens = written.by === 'plain';
    const before = tokenizer.encode(written.text.slice(0, character), { addSpecialTokens }).ids;
    const parting = before.findIndex((id, index) => id !== ids[index]);
    return parting < 0 ? before.length : parting;
  };
  for (const [start, end] of written.ranges) counted.fill(true, tokensUpTo(start), tokensUpTo(end));
  return counted;
}

/** A token as text: byte-level spellings as the characters that they are, parts of one as their bytes. */
function shownToken(tokenizer: TextTokenizer, id: number): string {
  const spelling = tokenizer.spelling(id);
  const { decoder, added_tokens } = tokenizer.files.tokenizer;
  if (added_tokens.some((token) => token.id === id)) return spelling;
  if (!decoder.some(({ type }) => type === 'ByteLevel')) return spelling.replaceAll('▁', ' ');
  const bytes = Buffer.from([...spelling].map(byteOf));
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return [...bytes].map((byte) => `<${byte.toString(16).toUpperCase().padStart(2, '0')}>`).join('');
}

/** Byte-level vocabularies spell a byte that cannot be printed by the character so many places after U+0100. */
function byteOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? code : (unprintable[code - 0x100] ?? 0x3f);
}

const unprintable = Array.from({ length: 256 }, (_, byte) => byte).filter(
  (byte) => byte < 0x21 || (byte > 0x7e && byte < 0xa1) || byte === 0xad,
);
