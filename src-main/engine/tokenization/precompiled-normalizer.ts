import { Normalizer } from '@huggingface/tokenizers';
import { StudioError } from '../../../src-shared/contract/errors.ts';

/** The longest replacement of Unicode's compatibility forms has 33 bytes. */
const MAX_REPLACEMENT_BYTES = 1024;
/** Only shorter graphemes are looked up in one piece. */
const GRAPHEME_BYTES = 6;
const MAX_REMEMBERED = 65_536;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The table of replacements that sentencepiece compiles into its models (XLM-RoBERTa, DeBERTa-v3, T5), applied as the Rust
 * library `tokenizers` does. In base64: the bytes of a trie (32 bits, little-endian), the trie as a double array of 32-bit units
 * (J. Aoe, "An efficient digital search algorithm by using a double-array structure", 1989, in darts-clone's layout), and the
 * replacements in UTF-8, each ended by a zero byte; the trie's values are their offsets.
 */
export class PrecompiledNormalizer extends Normalizer {
  private readonly file: string;
  private readonly units: Uint32Array;
  private readonly replacements: Uint8Array;
  private readonly remembered = new Map<string, string>();
  /** Most text in Latin letters then needs no segmentation into graphemes. */
  private readonly keepsAscii: boolean;

  /**
   * @param charsmap base64; if empty, text is unchanged.
   * @throws StudioError invalid_file naming the file and the key.
   */
  constructor(file: string, charsmap: string) {
    super({ type: 'Precompiled', precompiled_charsmap: charsmap });
    this.file = file;
    const bytes = Buffer.from(charsmap, 'base64');
    if (bytes.toString('base64') !== charsmap) throw this.damaged('is not base64');
    const trieBytes = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
    if (charsmap !== '' && (bytes.length < 8 || trieBytes < 4 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length))
      throw this.damaged('has no table of replacements');
    this.units = Uint32Array.from({ length: trieBytes / 4 }, (_, unit) => bytes.readUInt32LE(4 + 4 * unit));
    this.replacements = bytes.subarray(4 + trieBytes);
    this.keepsAscii =
      this.units.length === 0 ||
      asciiCharacters.every((character) => this.replacement(encoder.encode(character)) === null);
  }

  /** @throws StudioError invalid_file if the table refers outside itself. */
  override normalize(text: string): string {
    if (this.units.length === 0 || (this.keepsAscii && printableAscii.test(text))) return text;
    let normalized = '';
    for (const { segment } of graphemes.segment(text)) normalized += this.ofGrapheme(segment);
    return normalized;
  }

  private ofGrapheme(grapheme: string): string {
    const remembered = this.remembered.get(grapheme);
    if (remembered !== undefined) return remembered;
    const normalized = this.looked(grapheme);
    if (this.remembered.size < MAX_REMEMBERED && grapheme.length <= GRAPHEME_BYTES)
      this.remembered.set(grapheme, normalized);
    return normalized;
  }

  private looked(grapheme: string): string {
    const bytes = encoder.encode(grapheme);
    const whole = bytes.length < GRAPHEME_BYTES ? this.replacement(bytes) : null;
    if (whole !== null) return whole;
    let normalized = '';
    for (const character of grapheme) normalized += this.replacement(encoder.encode(character)) ?? character;
    return normalized;
  }

  /** Replacement of the shortest prefix of `key` in the trie, used for all of `key`, as in the Rust library. */
  private replacement(key: Uint8Array): string | null {
    let unit = this.unit(0);
    let position = offsetOf(unit);
    for (const byte of key) {
      position ^= byte;
      unit = this.unit(position);
      if (byte === 0 || labelOf(unit) !== byte) return null;
      position ^= offsetOf(unit);
      if (hasLeaf(unit)) return this.replacementAt(leafValue(this.unit(position)));
    }
    return null;
  }

  private unit(position: number): number {
    const unit = this.units[position];
    if (unit === undefined) throw this.damaged('points out of its own trie');
    return unit;
  }

  private replacementAt(start: number): string {
    const end = this.replacements.subarray(start, start + MAX_REPLACEMENT_BYTES).indexOf(0);
    if (end === -1) throw this.damaged('points at a replacement without an end');
    try {
      return decoder.decode(this.replacements.subarray(start, start + end));
    } catch {
      throw this.damaged('contains a replacement that is no UTF-8');
    }
  }

  private damaged(what: string): StudioError {
    return new StudioError(
      'invalid_file',
      `${this.file}: normalizer.precompiled_charsmap: ${what}.`,
      'Copy or download the file again; it must be the one that Transformers wrote for this model.',
    );
  }
}

const asciiCharacters = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));
const printableAscii = /^[\x20-\x7E]*$/;

function hasLeaf(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

/** The sign bit marks a leaf's value, which matches no byte. */
function labelOf(unit: number): number {
  return (unit & 0x8000_00ff) >>> 0;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function leafValue(unit: number): number {
  return unit & 0x7fff_ffff;
}
