import { expect, it } from 'vitest';
import { csvField } from '../../../../src-shared/studies/report/table-csv.ts';

it.each([
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['+cmd', "'+cmd"],
  ['-run', "'-run"],
  ['@sum', "'@sum"],
  ['\t=1', "'\t=1"],
  ['-0.5', '-0.5'],
  ['+3e2', '+3e2'],
  ['a, "b"', '"a, ""b"""'],
  ['a=b', 'a=b'],
])('writes %j as %j, which no spreadsheet computes', (text, field) => {
  expect(csvField(text)).toBe(field);
});
