import { expect, test } from 'vitest';
import { drawText } from '../../src-main/cli/dataset-text.ts';
import { type TextExample, textExampleSchema } from '../../src-shared/domain/data/dataset.ts';

const example = (roles: Partial<TextExample>): TextExample =>
  textExampleSchema.parse({
    ...{ row: 'row 1', split: 'train', text: null, textPair: null, label: null },
    ...{ prompt: null, completion: null, messages: null },
    ...roles,
  });

test('a pair is drawn with its negatives, and a question with its answer once', () => {
  const pair = { anchor: 'Why?', positive: 'So.', negatives: ['No.', 'Not so.'] };
  expect(drawText(example(pair))).toBe(
    'train row 1\n  anchor: Why?\n  positive: So.\n  negative: No.\n  negative: Not so.\n',
  );
  expect(drawText(example({ ...pair, prompt: 'Why?', completion: 'So.', negatives: ['No.'] }))).toBe(
    'train row 1\n  negative: No.\n  prompt: Why?\n  completion: So.\n',
  );
});
