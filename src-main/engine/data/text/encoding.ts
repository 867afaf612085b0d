import { isAscii, isUtf8 } from 'node:buffer';
import { analyse } from 'chardet';
import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { countGarbled } from './garbled.ts';

/** Encodings to choose from, by the names of the Encoding Standard. */
const encodings = [
  ['utf-8', 'UTF-8'],
  ['utf-16le', 'UTF-16, little endian'],
  ['utf-16be', 'UTF-16, big endian'],
  ['windows-1252', 'Windows-1252 (Western European, Latin-1)'],
  ['windows-1250', 'Windows-1250 (Central European)'],
  ['windows-1251', 'Windows-1251 (Cyrillic)'],
  ['windows-1253', 'Windows-1253 (Greek)'],
  ['windows-1254', 'Windows-1254 (Turkish, Latin-5)'],
  ['windows-1255', 'Windows-1255 (Hebrew)'],
  ['windows-1256', 'Windows-1256 (Arabic)'],
  ['windows-1257', 'Windows-1257 (Baltic)'],
  ['windows-1258', 'Windows-1258 (Vietnamese)'],
  ['iso-8859-2', 'ISO 8859-2 (Central European)'],
  ['iso-8859-5', 'ISO 8859-5 (Cyrillic)'],
  ['iso-8859-6', 'ISO 8859-6 (Arabic)'],
  ['iso-8859-7', 'ISO 8859-7 (Greek)'],
  ['iso-8859-8', 'ISO 8859-8 (Hebrew)'],
  ['iso-8859-15', 'ISO 8859-15 (Western European)'],
  ['koi8-r', 'KOI8-R (Cyrillic)'],
  ['koi8-u', 'KOI8-U (Ukrainian)'],
  ['ibm866', 'IBM 866 (Cyrillic, DOS)'],
  ['macintosh', 'Mac OS Roman'],
  ['shift_jis', 'Shift JIS (Japanese)'],
  ['euc-jp', 'EUC-JP (Japanese)'],
  ['iso-2022-jp', 'ISO 2022-JP (Japanese)'],
  ['gb18030', 'GB 18030, GBK (Chinese)'],
  ['big5', 'Big5 (Chinese)'],
  ['euc-kr', 'EUC-KR (Korean)'],
] as const;

export const encodingParameter: ParameterSpec = {
  name: 'encoding',
  label: 'Encoding',
  type: 'choice',
  default: 'auto',
  choices: [
    { value: 'auto', label: 'Auto-detect' },
    ...encodings.map(([value, label]) => ({ value: value as string, label: label as string })),
  ],
  help: 'Text encoding of the file. Auto-detect: UTF-8 if the file is valid UTF-8, otherwise a guess from its bytes, which can be wrong for a few letters.',
  advanced: true,
};

const judgedBytes = 64 * 1024;
const minConfidence = 20;

/** Text encoding of a file. */
export interface FoundEncoding {
  readonly name: string;
  /** Bytes of its mark at the beginning. */
  readonly skipped: number;
  /** True if the encoding was only guessed from the bytes. */
  readonly isGuessed: boolean;
}

/**
 * The encoding of a file that begins with `sample`: by its mark, UTF-8 where its bytes are, UTF-16 by its zero bytes, else by
 * the statistics of chardet, which are ICU's. UTF-8 where nothing fits.
 */
export function findEncoding(sample: Buffer, chosen: string): FoundEncoding {
  const mark = markOf(sample);
  if (mark !== null && (chosen === 'auto' || chosen === mark.name)) return mark;
  const found = (name: string, isGuessed = false): FoundEncoding => ({ name, skipped: 0, isGuessed });
  if (chosen !== 'auto') return found(chosen);
  if (isAscii(sample)) return sample.includes(0) ? found(wideEncoding(sample) ?? 'utf-8', true) : found('utf-8');
  if (isUtf8(withoutBrokenEnd(sample)) && !sample.includes(0)) return found('utf-8');
  const wide = wideEncoding(sample);
  if (wide !== null) return found(wide, true);
  if (isProbablyUtf8(sample) || hasControls(sample)) return found('utf-8');
  const guessed = guess(telling(sample));
  return guessed === null ? found('utf-8') : found(guessed, true);
}

export function encodingLabel(name: string): string {
  return encodings.find(([value]) => value === name)?.[1] ?? name;
}

function markOf(sample: Buffer): FoundEncoding | null {
  if (sample[0] === 0xff && sample[1] === 0xfe) return { name: 'utf-16le', skipped: 2, isGuessed: false };
  if (sample[0] === 0xfe && sample[1] === 0xff) return { name: 'utf-16be', skipped: 2, isGuessed: false };
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf)
    return { name: 'utf-8', skipped: 3, isGuessed: false };
  return null;
}

/** A sample may end within a character of up to four bytes. */
function withoutBrokenEnd(sample: Buffer): Buffer {
  for (let cut = 1; cut <= Math.min(3, sample.length); cut++) {
    const byte = sample[sample.length - cut] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return sample.subarray(0, -cut);
  }
  return sample;
}

/** UTF-16 without a mark: separators, line ends and most letters of the West have a zero byte, always on the same side. */
function wideEncoding(sample: Buffer): string | null {
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) < sample.length / 100 || Math.min(even, odd) > Math.max(even, odd) / 20) return null;
  const name = odd > even ? 'utf-16le' : 'utf-16be';
  const text = new TextDecoder(name).decode(sample.subarray(0, sample.length - (sample.length % 2)), { stream: true });
  return text.includes('\uFFFD') || countGarbled(text) > 0 ? null : name;
}

/** A few bytes that are none among letters that are: their rows are faults. */
function isProbablyUtf8(sample: Buffer): boolean {
  let [faults, letters] = [0, 0];
  for (const character of new TextDecoder('utf-8').decode(sample, { stream: true })) {
    if (character === '\uFFFD') faults++;
    else if (character > '\x7f') letters++;
  }
  return letters >= faults;
}

/** Compressed and other binary files have a control character in every few bytes. */
function hasControls(sample: Buffer): boolean {
  let count = 0;
  for (const byte of sample) if (byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1a && byte !== 0x1b) count++;
  return count > sample.length / 100;
}

/** The lines that say something: those with letters beyond ASCII. */
function telling(sample: Buffer): Buffer {
  const lines: Buffer[] = [];
  let bytes = 0;
  for (let start = 0; start < sample.length && bytes < judgedBytes; ) {
    const end = sample.indexOf(0x0a, start) + 1 || sample.length;
    const line = sample.subarray(start, end);
    if (!isAscii(line)) {
      lines.push(line);
      bytes += line.length;
    }
    start = end;
  }
  return Buffer.concat(lines).subarray(0, judgedBytes);
}

function guess(sample: Buffer): string | null {
  const candidates = analyse(sample).flatMap(({ name, confidence }) => {
    const known = labelOf(name);
    return known === null || confidence < minConfidence ? [] : [{ name: known, confidence }];
  });
  const [best] = candidates;
  if (best === undefined) return null;
  // A few accents look alike in all encodings of Europe; this is by far the most frequent.
  const western = candidates.find(({ name }) => name === 'windows-1252');
  const isEuropean = /^(?:windows-125|iso-8859-)/.test(best.name);
  return isEuropean && western !== undefined && 2 * western.confidence >= best.confidence ? western.name : best.name;
}

function labelOf(name: string): string | null {
  try {
    const { encoding } = new TextDecoder(name);
    return encodings.some(([value]) => value === encoding) && !encoding.startsWith('utf-') ? encoding : null;
  } catch {
    return null;
  }
}
