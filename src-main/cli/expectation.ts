import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../src-shared/contract/errors.ts';
import {
  compareResults,
  type ExpectedResult,
  expectedResultSchema,
  largestMove,
  type ResultComparison,
} from '../../src-shared/results/moved-numbers.ts';
import { formatTable } from './format.ts';

/** Cells of tables that are listed. */
const maxCells = 40;
/** Settings, adapters and facts that are listed. */
const maxListed = 8;

/** Reads a result.json that `--out` wrote. @throws StudioError invalid_input naming the file */
export async function readExpectation(file: string): Promise<ExpectedResult> {
  const hint = 'Name a result.json that coto study --out wrote.';
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new StudioError('invalid_input', `${file} cannot be read: ${reasonOf(thrown)}.`, hint);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StudioError('invalid_input', `${file} is not JSON.`, hint);
  }
  const parsed = expectedResultSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StudioError('invalid_input', `${file} is no result of a study: ${describeIssues(parsed.error)}.`, hint);
}

function reasonOf(thrown: unknown): string {
  const { data } = z.object({ code: z.string() }).safeParse(thrown);
  return data?.code === 'ENOENT' ? 'it does not exist' : String(thrown instanceof Error ? thrown.message : thrown);
}

/** Compares a study's saved result with the expected one. @throws StudioError refused for results of different kinds */
export function compareWithExpectation(
  expected: ExpectedResult,
  resultFile: string,
  file: string,
  tolerance: number,
): ResultComparison {
  const found = expectedResultSchema.parse(JSON.parse(resultFile));
  if (found.kind !== expected.kind)
    throw new StudioError(
      'refused',
      `${file} is the result of a study of kind ${expected.kind}, this one is of kind ${found.kind}.`,
      'Name the result of the same study.',
    );
  return compareResults(expected, found, tolerance);
}

/** Lists what moved: first the numbers of the tables, then how both results were made. */
export function expectationText(comparison: ResultComparison, file: string): string {
  const { numbers, moved, cells, settings, adapters, made } = comparison;
  const largest = largestMove(moved);
  const most = largest === null ? '' : `, most ${largest.path}: ${largest.expected} → ${largest.found}`;
  const heading =
    moved.length === 0
      ? `All ${numbers} numbers are those of ${file}.\n`
      : `${moved.length} of ${numbers} values of ${file} moved${most}.\n`;
  const table =
    cells.length === 0
      ? ''
      : `\n${formatTable(
          ['table', 'row', 'column', 'expected', 'found'],
          cells.slice(0, maxCells).map((cell) => [cell.table, cell.row, cell.column, cell.expected, cell.found]),
          3,
        )}${cells.length > maxCells ? `… and ${cells.length - maxCells} cells more\n` : ''}`;
  const facts = [
    ...(adapters.compared === 0
      ? []
      : [`${adapters.changed.length} of ${adapters.compared} adapters have other bytes${list(adapters.changed)}`]),
    ...(settings.length === 0
      ? []
      : [
          `The settings differ, so that this is another study${list(settings.map(({ path, expected, found }) => `${path} ${expected} → ${found}`))}`,
        ]),
    ...made.slice(0, maxListed),
  ];
  return `\nExpected\n\n${heading}${table}${facts.map((fact) => `– ${fact}\n`).join('')}`;
}

function list(texts: readonly string[]): string {
  if (texts.length === 0) return '';
  return `: ${texts.slice(0, maxListed).join('; ')}${texts.length > maxListed ? ' …' : ''}`;
}
