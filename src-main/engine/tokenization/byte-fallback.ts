import { ByteFallbackDecoder } from '@huggingface/tokenizers';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Tokens like <0xE4> as the text of their bytes, as the Rust library decodes them: a byte order mark stays, and each byte
 * that is not valid UTF-8 becomes one replacement character. The package drops the mark and joins such bytes.
 */
export class ByteFallback extends ByteFallbackDecoder {
  override decode_chain(tokens: string[]): string[] {
    const texts: string[] = [];
    let bytes: number[] = [];
    const flush = () => {
      if (bytes.length > 0) texts.push(decoded(bytes));
      bytes = [];
    };
    for (const token of tokens) {
      const hexadecimal = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
      if (hexadecimal !== undefined) {
        bytes.push(Number.parseInt(hexadecimal, 16));
        continue;
      }
      flush();
      texts.push(token);
    }
    flush();
    return texts;
  }
}

function decoded(bytes: readonly number[]): string {
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return '\u{FFFD}'.repeat(bytes.length);
  }
}
