import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { FileFormat } from './text-files.ts';

/** A raw row of a file: named cells, or the reason why it cannot be read. */
export interface RawRow {
  /**
   * Number in the format's counting: lines of JSONL, elements of JSON, rows of a table (CSV: the header is row 1), all
   * from 1.
   */
  readonly row: number;
  readonly cells: Readonly<Record<string, unknown>>;
  /** Problem of the row and its remedy; null if it was read. */
  readonly fault: string | null;
  /** Number of lines in the file, each like a row, that a faulty row spans; absent for one. */
  readonly lines?: number | undefined;
}

export type BytesListener = (bytes: number) => void;

/** Settings for reading a file: options of its reader, and a callback for every chunk. */
export interface RowReading {
  readonly options: ParameterValues;
  readonly onBytes?: BytesListener | undefined;
}

/** Reader of a format: rows in order, some at a time, without ever loading the whole file. */
export interface RowFormat extends FileFormat {
  /** Options of its own, besides those of all text formats. */
  readonly parameters?: readonly ParameterSpec[];
  /** @throws StudioError invalid_file if the file is not of this format. */
  rows(path: string, reading: RowReading): AsyncGenerator<RawRow[]>;
  /** Returns the guesses about the file, in sentences. */
  notes?(path: string, options: ParameterValues): Promise<string[]>;
}

/** A longer row is a fault. */
export const largestRowBytes = 16 * 2 ** 20;
/** Most columns of a table, which bounds the memory for names and cells. */
export const maxColumns = 4096;

/** Fault of a longer row whose end is known, and of one that ends where a quotation mark does. */
export const rowTooLong = `is longer than ${largestRowBytes / 2 ** 20} MB; split it into several rows`;
export const tooLong = `${rowTooLong}, or close the quotation mark that lets it go on`;

/** Stands for a value that is not read. */
export class FaultyValue {
  readonly fault: string;

  constructor(fault: string) {
    this.fault = fault;
  }
}

/** Name of a column that has none, from 1. */
export function numberedName(index: number): string {
  return `column ${index + 1}`;
}

export function faultyRow(row: number, fault: string, lines = 1): RawRow {
  return { row, cells: {}, fault, ...(lines > 1 ? { lines } : {}) };
}

/** Returns true if a value is a list that starts with a conversation turn, in the format of messages or ShareGPT. */
export function isConversation(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [turn] = value;
  return isObject(turn) && (Object.hasOwn(turn, 'role') || Object.hasOwn(turn, 'from'));
}

/**
 * A parsed JSON value as a row: an object; a text or a conversation by itself; a list of values, which are columns without
 * names. Else a fault.
 */
export function rowOfValue(row: number, value: unknown): RawRow {
  if (typeof value === 'string') return { row, cells: { text: value }, fault: null };
  if (isConversation(value)) return { row, cells: { messages: value }, fault: null };
  if (Array.isArray(value) && value.length > 0 && value.length <= maxColumns && !value.some(isObject))
    return { row, cells: Object.fromEntries(value.map((cell, index) => [numberedName(index), cell])), fault: null };
  if (value instanceof FaultyValue) return faultyRow(row, value.fault);
  if (!isObject(value)) return faultyRow(row, 'is no object with named values; write it as {"text": …, "label": …}');
  const count = Object.keys(value).length;
  if (count > maxColumns)
    return faultyRow(row, `has ${count} columns; at most ${maxColumns} are read, leave out what is not learned from`);
  return { row, cells: value, fault: null };
}

/** Returns true for a missing value, an empty text and an empty list. */
export function isEmptyCell(cell: unknown): boolean {
  return cell === undefined || cell === null || cell === '' || (Array.isArray(cell) && cell.length === 0);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The cell of a column, or within one (data.messages); undefined if the row has none of that name (inherited properties are
 * ignored).
 */
export function cellOf(cells: Readonly<Record<string, unknown>>, column: string): unknown {
  if (Object.hasOwn(cells, column)) return cells[column];
  const end = column.indexOf('.');
  const outer = end < 0 ? undefined : cellOf(cells, column.slice(0, end));
  return isObject(outer) ? cellOf(outer, column.slice(end + 1)) : undefined;
}
