import { parseSync } from 'vite';

export interface CommentSentence {
  /** Position of the comment in the file. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly text: string;
  readonly isFirst: boolean;
}

interface CommentRange {
  start: number;
  end: number;
  /** Lines of text, without comment markers. */
  lines: string[];
}

const directives = /^\s*(biome-ignore|@ts-|eslint|@vitest|v8 ignore|#|\/\s*<|clang-format|NOLINT|-{3,}|={3,})/;

/** Ends one sentence where the next begins: after a full stop (and a closing quote or bracket), before a capital letter or an ellipsis. */
const betweenSentences = /(?<=[.!?]["'”)\]`]?)\s+(?=["“(]?[A-Z…])/;

/** A line that begins a paragraph of its own: a list item, a tag, a table row. */
const ownParagraph = /^\s*([-•|]|\d+\.\s|@\w+)/;

const tagBefore =
  /^\s*(@(param|returns?|throws|template|typeParam)\b\s*(\{[^}]*\}\s*)?((?<=@param\s*)[\w.$[\]]+\s*)?-?\s*|[-•]\s+)/;

/** Sentences of all comments of a source file: TypeScript and JavaScript by a parser, C++ and CSS by their strings and comments. */
export function commentSentences(file: string, source: string): CommentSentence[] {
  const ranges = /\.[cm]?[jt]sx?$/.test(file) ? parsedComments(file, source) : lexedComments(file, source);
  const lineAt = lineFinder(source);
  return ranges.flatMap(({ start, end, lines }) =>
    sentencesOf(lines).map((text, at) => ({ start, end, line: lineAt(start), text, isFirst: at === 0 })),
  );
}

function parsedComments(file: string, source: string): CommentRange[] {
  const ranges: CommentRange[] = [];
  for (const { type, value, start, end } of parseSync(file, source).comments) {
    if (type === 'Block') ranges.push({ start, end, lines: blockLines(value) });
    else addLineComment(ranges, source, start, end, value);
  }
  return ranges;
}

/** Strings are matched first, so that a comment marker inside a string begins no comment. */
function lexedComments(file: string, source: string): CommentRange[] {
  const pattern = file.endsWith('.css')
    ? /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\//g
    : /"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const ranges: CommentRange[] = [];
  for (const match of source.matchAll(pattern)) {
    const text = match[0];
    const end = match.index + text.length;
    if (text.startsWith('/*')) ranges.push({ start: match.index, end, lines: blockLines(text.slice(2, -2)) });
    if (text.startsWith('//')) addLineComment(ranges, source, match.index, end, text.slice(2));
  }
  return ranges;
}

/** Joins line comments of consecutive lines; a comment after code stands alone. */
function addLineComment(ranges: CommentRange[], source: string, start: number, end: number, value: string): void {
  const before = ranges.at(-1);
  const continues =
    before !== undefined &&
    source.startsWith('//', before.start) &&
    /^\n[ \t]*$/.test(source.slice(before.end, start)) &&
    /(?:^|\n)[ \t]*$/.test(source.slice(0, before.start).slice(-200)) &&
    !directives.test(before.lines[0] ?? '') &&
    !directives.test(value);
  if (!continues) ranges.push({ start, end, lines: [value] });
  else {
    before.end = end;
    before.lines.push(value);
  }
}

function blockLines(value: string): string[] {
  return value.split('\n').map((line) => line.replace(/^\s*\*+ ?/, ''));
}

function sentencesOf(lines: readonly string[]): string[] {
  if (directives.test(lines[0] ?? '')) return [];
  const paragraphs: string[][] = [[]];
  for (const line of lines) {
    if (line.trim() === '') paragraphs.push([]);
    else if (ownParagraph.test(line)) paragraphs.push([line]);
    else paragraphs.at(-1)?.push(line);
  }
  return paragraphs.flatMap((paragraph) =>
    paragraph
      .map((line) => line.trim())
      .join(' ')
      .replace(tagBefore, '')
      .split(betweenSentences)
      .map((sentence) => sentence.trim())
      .filter((sentence) => sentence !== ''),
  );
}

function lineFinder(source: string): (position: number) => number {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return (position) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= position) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
