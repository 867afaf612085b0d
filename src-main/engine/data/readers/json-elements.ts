import { faultyRow, largestRowBytes, type RawRow, tooLong } from '../text/raw-row.ts';
import { rowOfJson } from '../text/utf8-chunks.ts';

/**
 * Cuts a list, or objects that follow one another without one, into its elements by counting brackets outside of strings;
 * JSON.parse then judges each.
 */
export class ElementCutter {
  private readonly isSequence: boolean;
  private row = 1;
  private depth: number;
  private inString = false;
  private escaped = false;
  private ended = false;
  /** True if anything follows the list. */
  private hasMore = false;
  private tooLong = false;
  private parts: Buffer[] = [];
  private partBytes = 0;

  constructor(form: 'list' | 'sequence') {
    this.isSequence = form === 'sequence';
    // A sequence is as the inside of a list.
    this.depth = this.isSequence ? 1 : 0;
  }

  /** The elements that end in this chunk of the file. */
  take(chunk: Buffer): RawRow[] {
    const rows: RawRow[] = [];
    let start = 0;
    let index = 0;
    for (; index < chunk.length && !this.ended; index++) {
      const byte = chunk[index];
      if (this.escaped) this.escaped = false;
      else if (this.inString) {
        if (byte === character('\\')) this.escaped = true;
        else if (byte === character('"')) this.inString = false;
      } else if (byte === character('"')) this.inString = true;
      else if (byte === character('[') || byte === character('{')) {
        if (++this.depth === 1) start = index + 1;
      } else if (byte === character(']') || byte === character('}')) {
        this.depth--;
        if (this.isSequence && this.depth === 1) {
          this.keep(chunk.subarray(start, index + 1), rows);
          this.finish(rows, true);
          start = index + 1;
        } else if (this.depth === 0) {
          this.keep(chunk.subarray(start, index), rows);
          this.finish(rows, false);
          this.ended = true;
        }
      } else if (byte === character(',') && this.depth === 1) {
        this.keep(chunk.subarray(start, index), rows);
        this.finish(rows, true);
        start = index + 1;
      }
    }
    if (!this.ended && this.depth > 0) this.keep(chunk.subarray(start), rows);
    if (this.ended && !this.hasMore && chunk.subarray(index).some((byte) => !isSpace(byte))) {
      rows.push(faultyRow(this.row, 'comes after the end of the list: write all rows into one list'));
      this.hasMore = true;
    }
    return rows;
  }

  /** Problem to report if the file ends before its list does. */
  end(): RawRow[] {
    const isWhole = this.isSequence && this.parts.every((part) => part.every(isSpace));
    return this.ended || isWhole
      ? []
      : [
          faultyRow(
            this.row,
            `is truncated: the file ends before ${this.isSequence ? 'it' : 'its list'} does; copy it again`,
          ),
        ];
  }

  private keep(part: Buffer, rows: RawRow[]): void {
    if (this.tooLong) return;
    this.parts.push(part);
    this.partBytes += part.length;
    if (this.partBytes <= largestRowBytes) return;
    rows.push(faultyRow(this.row, tooLong));
    this.tooLong = true;
    this.parts = [];
  }

  /** `more`: a comma follows, so that an empty element is a fault; so is one after a comma, but an empty list is not. */
  private finish(rows: RawRow[], more: boolean): void {
    const bytes = Buffer.concat(this.parts);
    const isEmpty = bytes.every(isSpace);
    if (isEmpty && !more && this.row > 1 && !this.tooLong)
      rows.push(faultyRow(this.row, 'is missing: the list ends with a comma; remove it'));
    else if (!this.tooLong && (more || !isEmpty)) rows.push(rowOfJson(this.row, bytes));
    this.row++;
    this.tooLong = false;
    this.parts = [];
    this.partBytes = 0;
  }
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function character(text: string): number {
  return text.charCodeAt(0);
}
