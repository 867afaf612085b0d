import { describe, expect, it } from 'vitest';
import { TextStream } from '../../../src-main/engine/generation/text-stream.ts';
import { loadTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { goldenPath } from '../golden.ts';

/** Token i is the i-th entry. */
function stream(tokens: readonly string[], stops: readonly string[] = []) {
  const text = new TextStream((ids) => ids.map((id) => tokens[id]).join(''), stops);
  return { text, pieces: tokens.map((_, id) => text.push(id)) };
}

describe('text as it comes', () => {
  it.each(['byte-level-bpe', 'byte-fallback-bpe', 'unigram', 'wordpiece'])(
    'is whole characters that join to the decoded text: %s',
    async (name) => {
      const tokenizer = await loadTokenizer(goldenPath('misc', 'tokenizers', name));
      const decode = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecialTokens: true });
      for (const original of ['Größe 中文 👩‍🚀 done', 'a  b\n\nc', 'é']) {
        const { ids } = tokenizer.encode(original);
        const text = new TextStream(decode);
        const pieces = [...ids.map((id) => text.push(id)), text.end()];
        expect(pieces.join('')).toBe(decode(ids));
        expect(text.text).toBe(decode(ids));
        for (const piece of pieces.slice(0, -1)) expect(piece).not.toContain('\u{FFFD}');
      }
    },
  );

  it('shows at the end what no token completed', () => {
    const text = new TextStream((ids) => ['', 'a', 'a\u{FFFD}'][ids.length] ?? '');
    expect([text.push(0), text.push(1), text.end()]).toEqual(['a', '', '\u{FFFD}']);
  });
});

describe('stop strings', () => {
  it('end the text before them, also across tokens', () => {
    const { text, pieces } = stream(['one E', 'N', 'D two'], ['END']);
    expect(pieces).toEqual(['one ', '', '']);
    expect(text.stoppedBy).toBe('END');
    expect(text.end()).toBe('');
    expect(text.text).toBe('one ');
  });

  it('hold back what may become one, and give it out where it does not', () => {
    const { text, pieces } = stream(['a#', '#', 'b', '#'], ['###']);
    expect(pieces).toEqual(['a', '', '##b', '']);
    expect(text.stoppedBy).toBeNull();
    expect(text.end()).toBe('#');
    expect(text.text).toBe('a##b#');
  });

  it('take the first of several', () => {
    const { text, pieces } = stream(['xy.z!'], ['!', '.']);
    expect(pieces).toEqual(['xy']);
    expect(text.stoppedBy).toBe('.');
  });
});
