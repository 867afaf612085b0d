import { parse, tokenize } from '@huggingface/jinja';

type Token = ReturnType<typeof tokenize>[number];

/** Position and reason of a Jinja syntax error. */
export interface TemplateFault {
  readonly message: string;
  /** From 1; null: not known. */
  readonly line: number | null;
}

const options = { lstrip_blocks: true, trim_blocks: true };
/** Longer templates than any that is published are not searched for the line. */
const MAX_LINES = 2000;
const blocks: ReadonlySet<string> = new Set(['if', 'for', 'macro', 'call', 'filter']);

/** Returns the syntax error of a template; null if it parses. */
export function templateFault(text: string): TemplateFault | null {
  let tokens: Token[];
  try {
    tokens = tokenize(text, options);
  } catch (thrown) {
    return { message: wordsOf(thrown), line: lexicalLine(text) };
  }
  let furthest = 0;
  const watched = new Proxy(tokens, {
    get(target, key, receiver) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (index < target.length) furthest = Math.max(furthest, index);
      return Reflect.get(target, key, receiver);
    },
  });
  try {
    parse(watched);
    return null;
  } catch (thrown) {
    const open = furthest >= tokens.length - 1 ? unclosedBlock(tokens) : null;
    if (open === null) return { message: wordsOf(thrown), line: lineOf(text, tokens, furthest) };
    return {
      message: `the block {% ${open.name} %} is never closed: {% end${open.name} %} is missing`,
      line: lineOf(text, tokens, open.index),
    };
  }
}

function wordsOf(thrown: unknown): string {
  // The parser reads past the last token where the text ends within a tag.
  if (thrown instanceof TypeError) return 'it ends in the middle of a tag';
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  const plain = words.replace(/^Parser Error: /, '').replace(/\. \w+ !== \w+\.$/, '');
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}

/** The first line from which on no beginning of the text can be cut into tokens. */
function lexicalLine(text: string): number | null {
  const lines = text.split('\n');
  if (lines.length > MAX_LINES) return null;
  let line = lines.length;
  while (line > 1 && !isTokenizable(lines.slice(0, line - 1).join('\n'))) line--;
  return line;
}

function isTokenizable(text: string): boolean {
  try {
    tokenize(text, options);
    return true;
  } catch {
    return false;
  }
}

/** The innermost block without its end. */
function unclosedBlock(tokens: readonly Token[]): { name: string; index: number } | null {
  const open: { name: string; index: number }[] = [];
  tokens.forEach(({ type }, index) => {
    if (type !== 'OpenStatement') return;
    const name = tokens[index + 1]?.value ?? '';
    if (blocks.has(name)) open.push({ name, index });
    else if (name === `end${open.at(-1)?.name}`) open.pop();
  });
  return open.at(-1) ?? null;
}

/** Tokens know no place: they are found again in the text, one after the other. */
function lineOf(text: string, tokens: readonly Token[], index: number): number {
  let place = 0;
  let found = 0;
  for (const { type, value } of tokens.slice(0, index + 1)) {
    // Whitespace around tags and escapes in strings are not kept as written.
    const [needle = ''] = type === 'StringLiteral' ? value.split(/[\\'"\n\t\r]/, 1) : value.trim().split('\n', 1);
    const at = needle === '' ? -1 : text.indexOf(needle, place);
    if (at < 0) continue;
    found = at;
    place = at + needle.length;
    // A text of several lines ends where its last one does.
    if (type === 'Text') place = Math.max(place, endOf(text, value, at));
  }
  return text.slice(0, found).split('\n').length;
}

function endOf(text: string, value: string, from: number): number {
  const last = value.trim().split('\n').at(-1) ?? '';
  const at = text.indexOf(last, from + Math.max(0, value.trim().length - last.length - value.split('\n').length));
  return at < 0 ? from : at + last.length;
}
