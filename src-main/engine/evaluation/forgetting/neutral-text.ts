import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Paragraphs of the bundled neutral text, in their fixed order. */
export async function neutralParagraphs(neutral: string): Promise<string[]> {
  const text = await readFile(join(neutral, 'moby-dick', 'paragraphs.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

const fewestWords = 5;

/** The first `count` sentences of five words or more of the bundled neutral text. */
export async function neutralSentences(neutral: string, count: number): Promise<string[]> {
  const paragraphs = await neutralParagraphs(neutral);
  return paragraphs
    .flatMap((paragraph) => paragraph.split(/(?<=[.!?]["”’)]?) (?=["“‘(]?[A-Z])/))
    .filter((sentence) => sentence.split(' ').length >= fewestWords)
    .slice(0, count);
}
