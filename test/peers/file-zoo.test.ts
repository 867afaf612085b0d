import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { OpenImages, OpenTexts } from '../../src-main/engine/data/dataset.ts';
import { openDataset } from '../../src-main/engine/data/open-dataset.ts';
import { detectReader } from '../../src-main/engine/data/readers/index.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { runPeer, zooPython } from './python.ts';

/** A file of the zoo: what it is, and what is in it or why it is refused. */
const animalSchema = z.object({
  file: z.string(),
  kind: z.string(),
  options: z.record(z.string(), z.string()),
  examples: z.array(z.record(z.string(), z.unknown())).optional(),
  classes: z.array(z.string()).optional(),
  pixels: z.array(z.array(z.number())).optional(),
  refused: z.string().optional(),
});
type Animal = z.infer<typeof animalSchema>;

const folder = mkdtempSync(join(tmpdir(), 'coto-file-zoo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The examples in their order in the file, without what is not in it. */
async function textsOf(opened: OpenTexts): Promise<unknown> {
  const { text } = await opened.describe();
  const examples = [];
  for (const split of ['train', 'test'] as const)
    for await (const example of opened.examples(split)) examples.push(example);
  if (text?.splitRule.startsWith('by the column')) examples.sort((one, other) => place(one.row) - place(other.row));
  const contents = examples.map(({ row, split, id, ...content }) =>
    Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null)),
  );
  // Numbers that remember how they were written are numbers.
  return JSON.parse(JSON.stringify(contents));
}

function place(row: string): number {
  return Number(/\d+$/.exec(row)?.[0]);
}

async function pixelsOf({ description, split }: OpenImages): Promise<unknown> {
  const { count, image, pixels } = split('train');
  const all = Array.from({ length: count }, async (_, index) => [
    ...(image === undefined ? await pixels(index) : (await image(index)).pixels),
  ]);
  return { classes: description.labels, pixels: await Promise.all(all) };
}

/** @returns the sentence of a refusal; null for a file that was read, with what it holds */
async function verdictOf({ file, options, examples, classes, pixels, refused }: Animal): Promise<string | null> {
  try {
    const source = await detectReader(join(folder, file));
    const opened = await openDataset({
      ...source,
      // One faulty row of a few is a larger share than a file may lose without this option.
      options:
        classes === undefined
          ? { ...source.options, test_fraction: 0, skip_faulty_rows: refused === undefined, ...options }
          : {},
    });
    if (opened.kind === 'texts') expect(await textsOf(opened), file).toEqual(examples);
    else expect(await pixelsOf(opened), file).toEqual({ classes, pixels });
    opened.close();
    return null;
  } catch (thrown) {
    if (refused === undefined || !(thrown instanceof StudioError)) throw thrown;
    const sentence = `${thrown.message} ${thrown.hint ?? ''}`.replaceAll(`${folder}/`, '').trim();
    expect(sentence, file).toContain(refused);
    return sentence;
  }
}

test.skipIf(zooPython() === null)('every file of the zoo is read value for value, or refused in words', async () => {
  const animals = z.array(animalSchema).parse(runPeer('file_zoo/make.py', { folder }, [], zooPython() ?? ''));
  const rows: string[] = [];
  for (const animal of animals) {
    const sentence = await verdictOf(animal);
    const options = Object.entries(animal.options).map(([name, value]) => `\`${name}=${value}\``);
    const offered = options.length === 0 ? 'read' : `read with ${options.join(' ')}`;
    // The cache's hashes are of its place.
    const file = animal.file.replaceAll(/[0-9a-f]{16,}/g, '…');
    rows.push(`| ${file} | ${animal.kind} | ${sentence === null ? offered : `refused: ${sentence}`} |`);
  }
  const page = `# Files

What becomes of ${animals.length} files that pandas, pyarrow, polars, duckdb, Hugging Face's datasets, openpyxl, Pillow and Python write: every example of those that are read has the values
that were written. \`npm run test:peers -- file-zoo\` makes the files by \`test/peers/file_zoo/\`, reads them and holds this page to what it finds; \`-u\` writes it again.

| File | What it is | Verdict |
| --- | --- | --- |
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../docs/results/files.md');
});
