import { Normalizer } from '@huggingface/tokenizers';
import type { NormalizerStage } from './tokenizer-schema.ts';

/** A class of characters; those beyond the basic plane are \u{…}. */
function characters(inside: string): RegExp {
  return new RegExp(`[${inside}]`, 'gu');
}

/** Composed letters that are newer than the Rust library's tables of normal forms. */
const laterCompositions = String.raw`\u{105C9}\u{105E4}\u{11383}\u{11385}\u{1138E}\u{11391}\u{113C5}\u{113C7}-\u{113C8}\u{11938}\u{16121}-\u{16128}\u{16D68}-\u{16D6A}`;
/** Compatibility characters that are newer than these tables. */
const laterCompatibility = String.raw`\u32FF\uA7F1-\uA7F4\uAB69\u{10781}-\u{10785}\u{10787}-\u{107B0}\u{107B2}-\u{107BA}\u{1CCD6}-\u{1CCF9}\u{1E030}-\u{1E06D}\u{1F16C}\u{1FBF0}-\u{1FBF9}`;
/** Marks that are newer than these tables, which do not order them. */
const unorderedMarks = [
  String.raw`\u07FD\u0897-\u089F\u08CA-\u08D3\u09FE\u0C3C\u0D3B-\u0D3C\u0EBA\u1715\u1ABF-\u1ADD\u1AE0-\u1AEB\u1DF6-\u1DFA\uA82C`,
  String.raw`\u{10D24}-\u{10D27}\u{10D69}-\u{10D6D}\u{10EAB}-\u{10EAC}\u{10EFA}-\u{10EFB}\u{10EFD}-\u{10EFF}\u{10F46}-\u{10F50}`,
  String.raw`\u{10F82}-\u{10F85}\u{11070}\u{1133B}\u{113CE}-\u{113D0}\u{1145E}\u{11839}-\u{1183A}\u{1193D}-\u{1193E}\u{11943}`,
  String.raw`\u{119E0}\u{11A34}\u{11A47}\u{11A99}\u{11D42}\u{11D44}-\u{11D45}\u{11D97}\u{11F41}-\u{11F42}\u{1612F}\u{16FF0}-\u{16FF1}`,
  String.raw`\u{1E08F}\u{1E130}-\u{1E136}\u{1E2AE}\u{1E2EC}-\u{1E2EF}\u{1E4EC}-\u{1E4EF}\u{1E5EE}-\u{1E5EF}\u{1E6E3}\u{1E6E6}`,
  String.raw`\u{1E6EE}-\u{1E6EF}\u{1E6F5}`,
].join('');
const kept = new RegExp(`([${laterCompositions}${laterCompatibility}${unorderedMarks}])`, 'u');
const composed = characters(laterCompositions);

/** Marks that are newer than the Rust library's table of marks, which is older than that of normal forms. */
const laterMarks = [
  String.raw`\u07FD\u0897-\u089F\u08CA-\u08D3\u09FE\u0AFA-\u0AFF\u0B55\u0C04\u0C3C\u0CF3\u0D00\u0D3B-\u0D3C\u0D81\u0EBA\u0ECE`,
  String.raw`\u1715\u180F\u1ABF-\u1ADD\u1AE0-\u1AEB\u1CF7\u1DF6-\u1DFA\uA82C\uA8FF\u{10D24}-\u{10D27}\u{10D69}-\u{10D6D}`,
  String.raw`\u{10EAB}-\u{10EAC}\u{10EFA}-\u{10EFF}\u{10F46}-\u{10F50}\u{10F82}-\u{10F85}\u{11070}\u{11073}-\u{11074}\u{110C2}`,
  String.raw`\u{11145}-\u{11146}\u{111C9}\u{111CE}-\u{111CF}\u{11241}\u{1133B}\u{113B8}-\u{113C0}\u{113C2}\u{113C5}\u{113C7}-\u{113CA}`,
  String.raw`\u{113CC}-\u{113D0}\u{113D2}\u{113E1}-\u{113E2}\u{1145E}\u{1182C}-\u{1183A}\u{11930}-\u{11935}\u{11937}-\u{11938}`,
  String.raw`\u{1193B}-\u{1193E}\u{11940}\u{11942}-\u{11943}\u{119D1}-\u{119D7}\u{119DA}-\u{119E0}\u{119E4}\u{11A01}-\u{11A0A}`,
  String.raw`\u{11A33}-\u{11A39}\u{11A3B}-\u{11A3E}\u{11A47}\u{11A51}-\u{11A5B}\u{11A8A}-\u{11A99}\u{11B60}-\u{11B67}`,
  String.raw`\u{11D31}-\u{11D36}\u{11D3A}\u{11D3C}-\u{11D3D}\u{11D3F}-\u{11D45}\u{11D47}\u{11D8A}-\u{11D8E}\u{11D90}-\u{11D91}`,
  String.raw`\u{11D93}-\u{11D97}\u{11EF3}-\u{11EF6}\u{11F00}-\u{11F01}\u{11F03}\u{11F34}-\u{11F3A}\u{11F3E}-\u{11F42}\u{11F5A}`,
  String.raw`\u{13440}\u{13447}-\u{13455}\u{1611E}-\u{1612F}\u{16F4F}\u{16F7F}-\u{16F87}\u{16FE4}\u{16FF0}-\u{16FF1}`,
  String.raw`\u{1CF00}-\u{1CF2D}\u{1CF30}-\u{1CF46}\u{1E08F}\u{1E130}-\u{1E136}\u{1E2AE}\u{1E2EC}-\u{1E2EF}\u{1E4EC}-\u{1E4EF}`,
  String.raw`\u{1E5EE}-\u{1E5EF}\u{1E6E3}\u{1E6E6}\u{1E6EE}-\u{1E6EF}\u{1E6F5}`,
].join('');
const mark = new RegExp(String.raw`(?![${laterMarks}])[\p{M}\u1CF2-\u1CF3]`, 'gu');
/** JavaScript lowercases it differently at the end of a word; the Rust library ignores the context. */
const sigma = /Σ/g;
const ascii = /^[\0-\x7F]*$/;

type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** A normalizer that changes a text by a function. */
class TextNormalizer extends Normalizer {
  private readonly change: (text: string) => string;

  constructor(type: Form | 'Lowercase' | 'StripAccents', change: (text: string) => string) {
    super({ type });
    this.change = change;
  }

  override normalize(text: string): string {
    return this.change(text);
  }
}

/**
 * A stage that depends on tables of Unicode, with the characters that the Rust library knows; JavaScript knows later ones.
 * Null for other stages. Checked over all code points by `test/peers/tokenizers.test.ts`.
 */
export function unicodeNormalizer({ type }: Pick<NormalizerStage, 'type'>): Normalizer | null {
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return new TextNormalizer(type, (text) => normalForm(text, type));
    case 'StripAccents':
      return new TextNormalizer(type, (text) => text.replace(mark, ''));
    case 'Lowercase':
      return new TextNormalizer(type, (text) => text.replace(sigma, 'σ').toLowerCase());
    default:
      return null;
  }
}

function normalForm(text: string, form: Form): string {
  if (ascii.test(text)) return text;
  const parts = text.split(kept);
  return parts
    .map((part, index) =>
      index % 2 === 0 ? part.normalize(form).replace(composed, (letter) => letter.normalize('NFD')) : part,
    )
    .join('');
}
