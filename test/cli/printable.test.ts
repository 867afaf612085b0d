import { expect, test } from 'vitest';
import { clearLine, printable } from '../../src-main/cli/terminal.ts';

test('file contents cannot control the terminal', () => {
  const name = 'a\u001b]0;title\u0007\u001b[2J\u009b1m\u202eb';
  expect(printable(`${name}\n\tend\n`)).toBe('a\\u001b]0;title\\u0007\\u001b[2J\\u009b1m\\u202eb\n\tend\n');
  expect(printable('\rover')).toBe('\\u000dover');
});

test('progress clears its own line, and JSON keeps its values', () => {
  expect(printable(`${clearLine}50 %`)).toBe(`${clearLine}50 %`);
  const value = { name: 'a\u009b\u007f\u2066' };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});
