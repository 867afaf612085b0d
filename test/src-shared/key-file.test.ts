import { expect, test } from 'vitest';
import { isSafeWhileTyping, parseCombination, parseKeyFile, withKeys } from '../../src-shared/key-file.ts';

test('reads combinations in any spelling of the modifiers, and rejects what is none', () => {
  expect(parseCombination('Shift+ctrl+n')).toBe('mod+shift+N');
  expect(parseCombination('Cmd+Option+pagedown')).toBe('mod+alt+PageDown');
  expect(parseCombination('f12')).toBe('F12');
  // A character that needs Shift is itself.
  expect(parseCombination('Ctrl+Shift+?')).toBe('mod+?');
  for (const text of ['', 'Ctrl', 'Ctrl+', 'Ctrl+Ctrl+N', 'Hyper+N', 'Escape', 'F25', 'ö', 'N+Ctrl'])
    expect(parseCombination(text), text).toBeNull();
});

test('keys that would be typed are told from those that would not', () => {
  expect(['mod+K', 'alt+Left', 'F1', 'shift+F2'].every(isSafeWhileTyping)).toBe(true);
  expect(['K', '?', 'Enter', 'shift+K'].some(isSafeWhileTyping)).toBe(false);
});

test('a key file changes what its good lines name, and lists the bad ones', () => {
  const { keys, lines, problems } = parseKeyFile(
    [
      '# my keys',
      'new-run: Ctrl+Shift+R',
      'filter-runs: none',
      'shortcuts: ? F8',
      '',
      'new run = Ctrl+R',
      'guide: Ctrl+Escape',
      'settings: s',
      'undo:',
      'new-run: F4',
    ].join('\r\n'),
  );
  expect([...keys]).toEqual([
    ['new-run', 'mod+shift+R'],
    ['filter-runs', ''],
    ['shortcuts', '? F8'],
  ]);
  expect(lines.get('shortcuts')).toBe(4);
  expect(problems).toEqual([
    { line: 6, message: 'Line 6: "new run = Ctrl+R" is not an id, a colon and keys, such as "new-run: Ctrl+Shift+R".' },
    { line: 7, message: 'Line 7: "Ctrl+Escape" is no combination of keys, such as Ctrl+Shift+R or F2.' },
    {
      line: 8,
      message: 'Line 8: settings is a command of the menu, and "s" would be typed. Use Ctrl, Alt or a function key.',
    },
    { line: 9, message: 'Line 9: undo has no keys. Add a combination such as Ctrl+Shift+R, or none.' },
    { line: 10, message: 'Line 10: new-run is already set in line 2. Remove one of them.' },
  ]);
});

test('other keys of an action replace its line; comments and other lines stay', () => {
  const text = '# mine\nundo: F3\nnonsense\n';
  expect(withKeys(text, 'undo', 'mod+shift+U')).toBe('# mine\nnonsense\nundo: Ctrl+Shift+U\n');
  expect(withKeys(text, 'undo', '')).toBe('# mine\nnonsense\nundo: none\n');
  expect(withKeys(text, 'undo', null)).toBe('# mine\nnonsense\n');
  const first = withKeys('', 'shortcuts', '? mod+/');
  expect(first).toMatch(/^# Keys of CoTo Studio.*\nshortcuts: \? Ctrl\+\/\n$/s);
  expect([...parseKeyFile(first).keys]).toEqual([['shortcuts', '? mod+/']]);
});
