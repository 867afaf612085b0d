import { chooseEncoding } from './file-notes.ts';
import { isSpreadsheetError } from './label-cells.ts';
import { isObject } from './raw-row.ts';

/** Problem of a cell and its remedy; thrown while a row is read, and caught there. */
export class CellProblem extends Error {}

/** The text of a cell. @throws CellProblem if it has none, or is no text */
export function textCell(cell: unknown, column: string, mayBeEmpty: boolean): string {
  if (cell === undefined || cell === null || cell === '') {
    if (mayBeEmpty) return '';
    throw new CellProblem(`${column} is missing: fill it in, or leave the row out`);
  }
  const value = scalar(cell);
  if (value === null)
    throw new CellProblem(`${column} contains ${kindOf(cell)} where a text is expected: write it as one text`);
  if (!mayBeEmpty && value.trim() === '')
    throw new CellProblem(`${column} contains nothing but white space: fill it in, or leave the row out`);
  if (value.includes('\uFFFD'))
    throw new CellProblem(`${column} has bytes that are not UTF-8 (shown as \uFFFD): ${chooseEncoding}`);
  if (value.includes('\0'))
    throw new CellProblem(`${column} has zero bytes: the file may be UTF-16, choose that encoding`);
  return value;
}

/** The text of a cell that is learned or read, unlike a label. */
export function contentCell(cell: unknown, column: string, mayBeEmpty: boolean): string {
  const value = textCell(cell, column, mayBeEmpty);
  if (isSpreadsheetError(value))
    throw new CellProblem(`${column} is ${value.trim()}, an error of a spreadsheet: fill it in, or leave the row out`);
  return value;
}

/** A string, number or boolean as text; null for anything else. */
export function scalar(cell: unknown): string | null {
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'boolean' || typeof cell === 'bigint' || cell instanceof Number)
    return String(cell);
  return null;
}

function kindOf(cell: unknown): string {
  return Array.isArray(cell) ? 'a list' : isObject(cell) ? 'an object' : `a ${typeof cell}`;
}
