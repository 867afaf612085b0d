import { expect, test } from 'vitest';
import { studyMarkdown } from '../../../../src-shared/studies/report/study-markdown.ts';

test('a study is Markdown that shows its texts as they are', () => {
  const text = studyMarkdown(
    'Two\nlines',
    [{ label: 'Base', value: 'small_llama' }],
    [
      {
        title: 'Accuracy (%)',
        columns: [{ label: 'Cell' }, { label: 'Mean', numeric: true }],
        rows: [{ cells: ['a|b', '70.5'] }, { cells: ['*', '–'] }],
        notes: ['left out'],
      },
    ],
  );

  expect(text).toBe(`# Two lines

- Base: small\\_llama

## Accuracy (%)

| Cell | Mean |
| :-- | --: |
| a\\|b | 70.5 |
| \\* | – |

left out
`);
});
