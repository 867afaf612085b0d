import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PackageCheck } from '../../../src-shared/domain/studies/study-package.ts';
import { type ExpectedResult, expectedResultSchema } from '../../../src-shared/results/moved-numbers.ts';
import { mean } from '../../../src-shared/statistics/student.ts';
import { studyKind, studyKinds } from '../../../src-shared/studies/index.ts';
import { fileHash } from '../../files/file-hash.ts';
import { filesBelow, packageFiles } from './package-files.ts';
import { studyWords } from './study-words.ts';

/** Rounding of sums of single-precision losses. */
const rounding = 1e-5;

const predictionSchema = z.object({
  score: z.string(),
  accuracy: z.number().nullable(),
  loss: z.number(),
  examples: z.number().int(),
  right: z.array(z.number()).nullable(),
  losses: z.array(z.number()).nullable(),
  tokens: z.array(z.number()).nullable(),
});

/**
 * Checks the folder of a packaged study without training or scoring: every file by its checksum, the adapters by the hashes in the
 * result, the scores by their examples, and the tables by the result.
 * @throws StudioError invalid_file for a folder that is no package
 */
export async function verifyPackage(folder: string): Promise<PackageCheck> {
  const sums = await readFile(join(folder, packageFiles.checksums), 'utf8').catch(() => {
    throw new StudioError(
      'invalid_file',
      `${folder} is no packaged study: it has no ${packageFiles.checksums}.`,
      'Name a folder that coto study package wrote.',
    );
  });
  const problems: string[] = [];
  const found = new Set((await filesBelow(folder)).map(({ path }) => path));
  found.delete(packageFiles.checksums);
  const listed = sums.split('\n').flatMap((line) => {
    const [, sha256, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (line !== '' && path === undefined)
      problems.push(`${packageFiles.checksums} has the line "${line.slice(0, 80)}".`);
    return sha256 === undefined || path === undefined ? [] : [{ sha256, path }];
  });
  for (const { sha256, path } of listed) {
    // Only files of the folder are read, whatever the list names.
    if (!found.delete(path)) problems.push(`${path} is missing.`);
    else if ((await fileHash(join(folder, path))) !== sha256) problems.push(`${path} has changed.`);
  }
  for (const path of found) problems.push(`${path} is not in ${packageFiles.checksums}.`);
  const result = await readResult(folder);
  if (typeof result === 'string') return { files: listed.length, scores: 0, problems: [...problems, result] };
  problems.push(...changedTables(result), ...(await missingAdapters(folder, result)));
  const scores = await checkScores(folder);
  return { files: listed.length, scores: scores.count, problems: [...problems, ...scores.problems] };
}

/** The result of the study, or the reason why it cannot be read. */
async function readResult(folder: string): Promise<ExpectedResult | string> {
  const text = await readFile(join(folder, 'result.json'), 'utf8').catch(() => null);
  if (text === null) return 'result.json is missing.';
  const parsed = expectedResultSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : 'result.json is no result of a study.';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The tables of result.json must be those that its numbers give. */
function changedTables({ kind, config, result, tables }: ExpectedResult): string[] {
  if (!studyKinds.some((one) => one.kind === kind)) return [`This version has no studies of kind "${kind}".`];
  let again: readonly { readonly title: string; readonly rows: readonly { readonly cells: readonly string[] }[] }[];
  try {
    again = studyKind(kind).table(result, config, studyWords);
  } catch {
    return ['The numbers of result.json are no result of a study of this kind.'];
  }
  return tables.flatMap(({ title, rows }, at) => {
    const cells = again[at]?.rows.map((row) => row.cells) ?? [];
    return JSON.stringify(cells) === JSON.stringify(rows)
      ? []
      : [`The table "${title}" is not that of the numbers in result.json.`];
  });
}

async function missingAdapters(folder: string, { provenance }: ExpectedResult): Promise<string[]> {
  const hashes = new Set<string>();
  for (const { path } of await filesBelow(folder))
    if (/^adapters\/[^/]+\/adapter_model\.safetensors$/.test(path)) hashes.add(await fileHash(join(folder, path)));
  return (provenance?.adapters ?? []).flatMap(({ name, sha256 }) =>
    hashes.has(sha256) ? [] : [`The adapter "${name}" (SHA-256 ${sha256}) is missing.`],
  );
}

/** Accuracy and loss of each score must be the means over its examples. */
async function checkScores(folder: string): Promise<{ count: number; problems: string[] }> {
  const text = await readFile(join(folder, packageFiles.predictions), 'utf8').catch(() => null);
  if (text === null) return { count: 0, problems: [`${packageFiles.predictions} is missing.`] };
  const lines = text.split('\n').filter((line) => line !== '');
  const problems = lines.flatMap((line, at) => {
    const { data } = predictionSchema.safeParse(parseJson(line));
    if (data === undefined) return [`${packageFiles.predictions}, line ${at + 1}: no score.`];
    const { score, accuracy, loss, right, losses, tokens } = data;
    const differs = (value: number, expected: number) =>
      Math.abs(value - expected) > rounding * Math.max(1, Math.abs(expected));
    if (right !== null && accuracy !== null && differs(mean(right), accuracy))
      return [`${packageFiles.predictions}, line ${at + 1} (${score}): the accuracy is not that of the examples.`];
    if (losses === null) return [];
    const weights = tokens ?? losses.map(() => 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const found = losses.reduce((sum, own, example) => sum + own * (weights[example] ?? 0), 0) / total;
    return differs(found, loss)
      ? [`${packageFiles.predictions}, line ${at + 1} (${score}): the loss is not that of the examples.`]
      : [];
  });
  return { count: lines.length, problems };
}
