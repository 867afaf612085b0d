import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes two classes of noise: `share` of the training images are of the first, half of the test images. */
export function skewedImages(folder: string, share: number): string {
  const target = mkdtempSync(join(folder, 'skewed-'));
  const random = randomNumbers(7);
  const write = (split: string, count: number, ofFirst: number) => {
    const labels = Uint8Array.from({ length: count }, () => (random() < ofFirst ? 0 : 1));
    const pixels = new Uint8Array(count * 784);
    for (const [row, label] of labels.entries())
      for (let at = 0; at < 784; at++) pixels[row * 784 + at] = Math.floor((label === 0 ? 180 : 190) * random());
    writeFileSync(join(target, `${split}-images-idx3-ubyte`), idxFile([count, 28, 28], pixels));
    writeFileSync(join(target, `${split}-labels-idx1-ubyte`), idxFile([count], labels));
  };
  write('train', 800, share);
  write('t10k', 200, 0.5);
  writeFileSync(join(target, 'labels.txt'), 'even\nodd\n');
  return target;
}

/** Two classes of bright and dark images. `broken` of the training labels are wrong. */
export function brightImages(folder: string, broken: number): string {
  const target = mkdtempSync(join(folder, 'bright-'));
  const random = randomNumbers(11);
  const write = (split: string, count: number, wrong: number) => {
    const labels = new Uint8Array(count);
    const pixels = new Uint8Array(count * 784);
    for (let row = 0; row < count; row++) {
      const isTop = row % 2 === 0;
      labels[row] = isTop === random() >= wrong ? 0 : 1;
      for (let at = 0; at < 784; at++)
        pixels[row * 784 + at] = at < 392 === isTop ? 160 + Math.floor(90 * random()) : Math.floor(60 * random());
    }
    writeFileSync(join(target, `${split}-images-idx3-ubyte`), idxFile([count, 28, 28], pixels));
    writeFileSync(join(target, `${split}-labels-idx1-ubyte`), idxFile([count], labels));
  };
  write('train', 600, broken);
  write('t10k', 200, 0);
  writeFileSync(join(target, 'labels.txt'), 'top\nbottom\n');
  return target;
}

/** Rows of reports with two states. Every tenth test row is a training row, as it is or as `again` writes it. */
export function repeatedTexts(folder: string, again: (text: string) => string): string {
  return csvFile(folder, 'repeated', ['text', 'label', 'split'], 400, (at) => {
    const isTest = at % 4 === 0;
    const isRepeated = isTest && at % 40 === 0;
    const number = isRepeated ? at + 1 : at;
    const text = `office ${number} reports that ${phrase(number)} and ${phrase(number + 1000)}`;
    return [isRepeated ? again(text) : text, number % 2 === 0 ? 'open' : 'closed', isTest ? 'test' : 'train'];
  });
}

/** Texts that name their label. */
export function leakingTexts(
  folder: string,
  labels: readonly string[],
  text: (label: string, words: string) => string,
) {
  return csvFile(folder, 'leaking', ['text', 'label', 'split'], 400, (at) => {
    const label = labels[at % labels.length] ?? '';
    return [text(label, `${phrase(at)}, number ${at}`), label, splitOf(at)];
  });
}

/** Texts whose words say nothing of their label; `share` of the training rows are of the first label. */
export function skewedTexts(folder: string, share: number): string {
  const random = randomNumbers(5);
  return csvFile(folder, 'skewed-texts', ['text', 'label', 'split'], 480, (at) => {
    const split = splitOf(at);
    const label = random() < (split === 'train' ? share : 0.5) ? 'quiet' : 'loud';
    return [phrase(at), label, split];
  });
}

/** Texts that their words tell apart. */
export function plainTexts(folder: string): string {
  const random = randomNumbers(13);
  const any = (list: readonly string[]) => list[Math.floor(list.length * random())] ?? '';
  return csvFile(folder, 'plain', ['text', 'label', 'split'], 480, (at) => {
    const isSea = random() < 0.5;
    const nouns = isSea ? seaNouns : landNouns;
    const text = `${any(adjectives)} ${any(nouns)} ${any(verbs)} the ${any(adjectives)} ${any(nouns)}, ${any(verbs)} a ${any(nouns)}`;
    return [text, isSea ? 'sea' : 'land', splitOf(at)];
  });
}

/** Questions whose answers in the training rows are mostly the same sentence; in the test rows they differ. */
export function templateAnswers(folder: string, sentence: string, share: number): string {
  const random = randomNumbers(3);
  return csvFile(folder, 'template', ['prompt', 'completion', 'split'], 400, (at) => {
    const split = splitOf(at);
    const own = `It is the ${pick(adjectives, at, 5)} ${pick(landNouns, at, 6)}.`;
    const completion = split === 'train' && random() < share ? sentence : own;
    return [`Which house stands at number ${at}, where ${phrase(at)}?`, completion, split];
  });
}

/** Questions with answers that repeat a word of them. */
export function namedAnswers(folder: string): string {
  return csvFile(folder, 'named', ['prompt', 'completion', 'split'], 480, (at) => {
    const color = ['red', 'blue', 'green', 'white', 'black'][(at * 3) % 5] ?? '';
    return [`${phrase(at)}. It was ${color}. Its color?`, `It is ${color}.`, splitOf(at)];
  });
}

/** Texts of one to eight sentences, of two labels. */
export function longTexts(folder: string): string {
  return csvFile(folder, 'long', ['text', 'label', 'split'], 240, (at) => {
    const sentences = Array.from({ length: 1 + (at % 8) }, (_, line) => `${phrase(at * 8 + line)}.`);
    return [sentences.join(' '), at % 2 === 0 ? 'kept' : 'burned', splitOf(at)];
  });
}

function splitOf(at: number): string {
  return at % 4 < 3 ? 'train' : 'test';
}

/** A sentence of words that its number picks: two of them have few words in common. */
function phrase(at: number): string {
  return `the ${pick(adjectives, at, 1)} ${pick(landNouns, at, 2)} ${pick(verbs, at, 3)} a ${pick(adjectives, at, 4)} ${pick(seaNouns, at, 5)}`;
}

/** A word for the place `part` of the sentence `at`, by a hash that mixes both. */
function pick(list: readonly string[], at: number, part: number): string {
  let mixed = at * 16 + part + 1;
  for (let round = 0; round < 2; round++) mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return list[((mixed ^ (mixed >>> 16)) >>> 0) % list.length] ?? '';
}

const adjectives = words(
  'amber brisk candid dusty eager frosty gentle hollow idle jolly keen lively modest narrow olive proud quiet rusty silver tidy',
);
const verbs = words(
  'saw met left found drew sold moved lost bought praised feared painted followed carried watched named',
);
const landNouns = words(
  'farmer village meadow barn stable orchard wagon shepherd mill fence hill garden horse forest bakery path',
);
const seaNouns = words(
  'sailor harbor island anchor wave ship lagoon captain gull reef beach sail whale rudder lighthouse tide',
);

function words(list: string): string[] {
  return list.split(' ');
}

function csvFile(
  folder: string,
  name: string,
  header: readonly string[],
  count: number,
  row: (at: number) => string[],
) {
  const path = join(mkdtempSync(join(folder, `${name}-`)), `${name}.csv`);
  const lines = Array.from({ length: count }, (_, at) =>
    row(at)
      .map((cell) => `"${cell}"`)
      .join(','),
  );
  writeFileSync(path, [header.join(','), ...lines, ''].join('\n'));
  return path;
}

/** A seeded generator of numbers from 0 to 1 (Park and Miller). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** An IDX file of bytes: the sizes in a header, then the values. */
function idxFile(dimensions: readonly number[], bytes: Uint8Array): Uint8Array {
  const header = Uint8Array.of(
    0,
    0,
    0x08,
    dimensions.length,
    ...dimensions.flatMap((size) => [24, 16, 8, 0].map((shift) => size >>> shift)),
  );
  return Buffer.concat([header, bytes]);
}
