import { cellOf, isObject } from './raw-row.ts';

/** Answer choices of a row and the names by which its label may refer to them. */
interface Choices {
  readonly texts: readonly string[];
  /** Names of the choices, as in ARC ("A", or "1"); null if there are none. */
  readonly names: readonly string[] | null;
}

const most = 100;

/**
 * A list of texts, a list of {"text", "label"}, or {"text": […], "label": […]} as in ARC and OpenBookQA; null for
 * anything else, for fewer than two choices, and for two with the same text.
 */
export function readChoices(cell: unknown): Choices | null {
  const parts = isObject(cell)
    ? { texts: listOf(cellOf(cell, 'text')), names: listOf(cellOf(cell, 'label')) }
    : Array.isArray(cell)
      ? fromList(cell)
      : null;
  const texts = parts?.texts.flatMap((text) => textOf(text) ?? []) ?? [];
  const names = parts?.names.flatMap((name) => textOf(name) ?? []) ?? [];
  const isWhole = parts !== null && texts.length === parts.texts.length;
  if (!isWhole || texts.length < 2 || texts.length > most || new Set(texts).size < texts.length) return null;
  return { texts, names: names.length === texts.length ? names : null };
}

/**
 * Index of the choice that a label refers to: by its name, its text, a letter (A is the first), or a number from 0,
 * as in datasets of the hub. A number that the file has as one is never a text: of ["1", "2", "0"], 1 is "2". -1 if none.
 */
export function chosenIndex({ texts, names }: Choices, label: string, isNumber = false): number {
  if (names?.includes(label)) return names.indexOf(label);
  if (!isNumber && texts.includes(label)) return texts.indexOf(label);
  const index = /^[A-Z]$/i.test(label)
    ? label.toUpperCase().charCodeAt(0) - 65
    : /^\d{1,3}$/.test(label)
      ? Number(label)
      : -1;
  return index < texts.length ? index : -1;
}

function fromList(cells: readonly unknown[]): { texts: unknown[]; names: unknown[] } {
  const objects = cells.filter(isObject);
  if (objects.length === 0) return { texts: [...cells], names: [] };
  return { texts: objects.map((one) => cellOf(one, 'text')), names: objects.map((one) => cellOf(one, 'label')) };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null;
}
