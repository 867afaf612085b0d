import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { questionWindows } from '../../../../src-main/engine/tasks/qa/question-windows.ts';
import { loadTokenizer } from '../../../../src-main/engine/tokenization/tokenizer.ts';
import { goldenPath } from '../../golden.ts';

const cases = z
  .array(
    z.object({
      tokenizer: z.string(),
      question: z.string(),
      context: z.string(),
      max_length: z.number().nullable(),
      stride: z.number(),
      windows: z.array(
        z.object({ ids: z.array(z.number()), spans: z.array(z.tuple([z.number(), z.number(), z.number()])) }),
      ),
    }),
  )
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'qa-windows.json'), 'utf8')));

/** The characters of a span with the marks on its last letter, which the Rust library gives to no token where they are dropped. */
function withMarks(text: string, start: number, end: number): string {
  if (end <= start) return '';
  const [marks = ''] = /^\p{M}*/u.exec(text.slice(end)) ?? [];
  return text.slice(start, end + marks.length);
}

it.each(cases)(
  '$tokenizer cuts $question to $max_length with a stride of $stride as Transformers',
  async ({ tokenizer: name, question, context, max_length, stride, windows }) => {
    const tokenizer = await loadTokenizer(goldenPath('misc', 'tokenizers', name));
    const placed = tokenizer.encodePlaced(context);
    expect(placed.ids).toEqual(tokenizer.encode(context, { addSpecialTokens: false }).ids);
    const lengths = { maxLength: max_length ?? 10_000, stride };
    const asked = tokenizer.encode(question, { addSpecialTokens: false }).ids;
    const own = questionWindows(tokenizer, asked, placed.ids, lengths);
    expect(own.map(({ ids }) => ids)).toEqual(windows.map(({ ids }) => ids));
    for (const [index, { offset, start, end }] of own.entries()) {
      const spans = placed.spans.slice(start, end);
      const texts = spans.map((span, at) => [offset + at, withMarks(context, span.start, span.end)]);
      const expected = windows[index]?.spans ?? [];
      expect(texts).toEqual(expected.map(([at, from, to]) => [at, withMarks(context, from, to)]));
      for (const [at, [, from, to]] of expected.entries()) if (to > from) expect(spans[at]?.start).toBe(from);
    }
  },
);

it('refuses rows without room for a question and its text, and fills the smallest that have some', async () => {
  const names = new Set(cases.map(({ tokenizer: name }) => name));
  for (const name of names) {
    const tokenizer = await loadTokenizer(goldenPath('misc', 'tokenizers', name));
    const [asked, text] = ['Who is it?', 'It is me.'].map(
      (words) => tokenizer.encode(words, { addSpecialTokens: false }).ids,
    );
    const smallest = tokenizer.pairTokens.all + 2;
    const windows = (maxLength: number) =>
      questionWindows(tokenizer, asked ?? [], text ?? [], { maxLength, stride: 0 }).map(({ ids }) => ids.length);
    expect(windows(smallest)).toEqual(text?.map(() => smallest));
    expect(() => windows(smallest - 1)).toThrow(`this model's have at least ${smallest}`);
  }
});
