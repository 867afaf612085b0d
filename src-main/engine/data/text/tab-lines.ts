import { largestRowBytes } from './raw-row.ts';

/** A cell in quotation marks, those inside doubled. */
const balanced = /^"(?:[^"]|"")*"$/;

/**
 * Bytes of a table separated by tabs, in which quotation marks that do not enclose a cell are doubled, so that the parser reads
 * them as text. A line with the tabs of a whole row that leaves a mark open is such a row, unless its last cell goes on in
 * the next line: there, the next line is no whole row.
 */
export async function* withLoneQuotesDoubled(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const lines = new TabLines();
  for await (const chunk of chunks) {
    // One character a byte: what is looked for is ASCII.
    const text = lines.take(chunk.toString('latin1'));
    if (text !== '') yield Buffer.from(text, 'latin1');
  }
  const rest = lines.end();
  if (rest !== '') yield Buffer.from(rest, 'latin1');
}

/** First line of a table that names its separator. */
const announcement = /^sep=\t\r?\n?$/i;

class TabLines {
  /** Number of tabs of the first line that is part of the table. */
  private width: number | null = null;
  /** Character that ends a line; unknown before the first one. */
  private lineEnd: '\n' | '\r' | null = null;
  private rest = '';
  /** A whole row whose last cell opens a quotation mark; the next line decides. */
  private held: string | null = null;
  private isInQuotes = false;

  take(text: string): string {
    this.lineEnd ??= lineEndOf(this.rest + text);
    const lines = this.lineEnd === null ? [text] : text.split(this.lineEnd);
    const last = lines.pop() ?? '';
    let taken = '';
    for (const line of lines) {
      taken += this.line(`${this.rest}${line}${this.lineEnd}`);
      this.rest = '';
    }
    this.rest += last;
    // The parser rejects a line of this length.
    if (this.rest.length <= largestRowBytes) return taken;
    const long = this.release() + this.rest;
    this.rest = '';
    return taken + long;
  }

  end(): string {
    return this.rest === '' ? this.release() : this.line(this.rest) + this.release();
  }

  /** The held line, which no line continues. */
  private release(): string {
    const { held } = this;
    this.held = null;
    return held === null ? '' : withDoubled(held);
  }

  private line(line: string): string {
    const tabs = line.split('\t').length - 1;
    if (this.width === null && tabs > 0 && !announcement.test(line)) this.width = tabs;
    const isRow = tabs === this.width;
    let before = '';
    if (this.held !== null && isRow) before = this.release();
    else if (this.held !== null) {
      before = this.held;
      this.held = null;
      this.isInQuotes = true;
    }
    if (this.isInQuotes) {
      this.isInQuotes = staysOpen(line, true);
      return before + line;
    }
    if (!line.includes('"')) return before + line;
    if (!isRow) {
      this.isInQuotes = staysOpen(line, false);
      return before + line;
    }
    const lone = cellsOf(line).cells.flatMap((cell, at) => (isLone(cell) ? [at] : []));
    if (lone.length === 0) return before + line;
    if (lone.length > 1 || lone[0] !== tabs) return before + withDoubled(line);
    this.held = line;
    return before;
  }
}

/** A carriage return at the end of a text may be half of a line end. */
function lineEndOf(text: string): '\n' | '\r' | null {
  if (text.includes('\n')) return '\n';
  return /\r[\s\S]/.test(text) ? '\r' : null;
}

function isLone(cell: string): boolean {
  return cell.startsWith('"') && !balanced.test(cell);
}

function cellsOf(line: string): { readonly cells: string[]; readonly end: string } {
  const end = /\r?\n?$/.exec(line)?.[0] ?? '';
  return { cells: line.slice(0, line.length - end.length).split('\t'), end };
}

function withDoubled(line: string): string {
  const { cells, end } = cellsOf(line);
  return cells.map((cell) => (isLone(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join('\t') + end;
}

/** Returns whether a quoted cell is open at the end of a line. */
function staysOpen(line: string, isOpen: boolean): boolean {
  let [isQuoted, isStart] = [isOpen, true];
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (isQuoted && character === '"') {
      if (line[at + 1] === '"') at++;
      else isQuoted = false;
    } else if (!isQuoted) {
      if (isStart && character === '"') isQuoted = true;
      isStart = character === '\t';
    }
  }
  return isQuoted;
}
