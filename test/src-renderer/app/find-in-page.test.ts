import { afterEach, expect, test } from 'vitest';
import { findText } from '../../../src-renderer/app/find-in-page.ts';

afterEach(() => {
  document.body.innerHTML = '';
});

function found(html: string, text: string): string[] {
  document.body.innerHTML = html;
  return findText(document.body, text).map(String);
}

test('finds every match in any case, across elements of one line', () => {
  expect(found('<p>LoRA and lora</p><p>no</p>', 'LORA')).toEqual(['LoRA', 'lora']);
  expect(found('<p>Learning <b style="display: inline">rate</b> 0.01</p>', 'ing rate 0')).toEqual(['ing rate 0']);
});

test('a match does not begin in one paragraph and end in the next', () => {
  expect(found('<p style="display: block">one</p><p style="display: block">two</p>', 'onetwo')).toEqual([]);
});

test('finds nothing in scripts, and nothing for an empty text', () => {
  expect(found('<script>const lora = 1;</script><style>lora</style>', 'lora')).toEqual([]);
  expect(found('<p>a b</p>', ' ')).toEqual([]);
});
