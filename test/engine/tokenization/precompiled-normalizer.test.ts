import { describe, expect, it } from 'vitest';
import { PrecompiledNormalizer } from '../../../src-main/engine/tokenization/precompiled-normalizer.ts';
import type { StudioError } from '../../../src-shared/contract/errors.ts';

const LEAF = 0x100;

/** Units of a trie that holds the one letter `a`, with `value` as its leaf's. */
function trieOfA(value: number): number[] {
  const units = Array.from({ length: 256 }, () => 0xff);
  // The root's children stand at 0 ^ letter; those of `a` at 0x61 ^ 2.
  units[0x61] = (2 << 10) | LEAF | 0x61;
  units[0] = 0;
  units[0x61 ^ 2] = (0x8000_0000 | value) >>> 0;
  return units;
}

function charsmap(units: readonly number[], replacements: string | Uint8Array, trieBytes = units.length * 4): string {
  const head = Buffer.alloc(4 + units.length * 4);
  head.writeUInt32LE(trieBytes, 0);
  for (const [index, unit] of units.entries()) head.writeUInt32LE(unit, 4 + 4 * index);
  return Buffer.concat([head, Buffer.from(replacements)]).toString('base64');
}

const normalized = (map: string, text: string) => new PrecompiledNormalizer('tokenizer.json', map).normalize(text);

describe('a table of replacements', () => {
  it('replaces what begins with a letter of it, grapheme by grapheme, and leaves the rest', () => {
    const map = charsmap(trieOfA(2), 'x\0yz\0');
    expect(normalized(map, 'abaé')).toBe('yzbyzé');
    // One grapheme of three bytes is replaced as a whole, one of six or more letter by letter.
    expect(normalized(map, 'a\u{301}b')).toBe('yzb');
    expect(normalized(map, 'a\u{301}\u{301}\u{301}')).toBe('yz\u{301}\u{301}\u{301}');
    expect(normalized(map, '')).toBe('');
    expect(normalized(map, '\0a')).toBe('\0yz');
  });

  it('changes nothing where there is none', () => {
    expect(normalized('', 'ﬁ a')).toBe('ﬁ a');
  });

  it.each([
    ['no base64', 'not base64!', 'is not base64'],
    ['nothing but a size', 'AAAA', 'has no table of replacements'],
    ['an empty trie', charsmap([], 'x\0'), 'has no table of replacements'],
    ['a trie longer than the file', charsmap(trieOfA(0), 'x\0', 1 << 30), 'has no table of replacements'],
    ['half a unit', charsmap(trieOfA(0), 'x\0', 1023), 'has no table of replacements'],
    ['a root outside', charsmap([0x3fff_fc00], 'x\0'), 'points out of its own trie'],
    ['a replacement outside', charsmap(trieOfA(100), 'x\0'), 'points at a replacement without an end'],
    ['a replacement without end', charsmap(trieOfA(0), 'xyz'), 'points at a replacement without an end'],
    ['no UTF-8', charsmap(trieOfA(0), Uint8Array.of(0xc3, 0)), 'contains a replacement that is no UTF-8'],
    ['half a character', charsmap(trieOfA(1), 'é\0'), 'contains a replacement that is no UTF-8'],
  ])('is refused by name: %s', (_, map, what) => {
    expect(() => normalized(map, 'a')).toThrow(
      expect.objectContaining<Partial<StudioError>>({
        code: 'invalid_file',
        message: `tokenizer.json: normalizer.precompiled_charsmap: ${what}.`,
      }),
    );
  });

  it('random bytes give text or an error, and terminate', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state;
    };
    for (let round = 0; round < 200; round++) {
      // Offsets stay small, so that many lead somewhere.
      const units = Array.from({ length: 512 }, () => random() >>> (random() % 24));
      try {
        expect(typeof normalized(charsmap(units, 'a\0b\0'), 'any text, ﬁ and e\u{301}')).toBe('string');
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'invalid_file' });
      }
    }
  });
});
