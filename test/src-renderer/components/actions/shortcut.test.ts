import { expect, test } from 'vitest';
import { isPressed, keysOf } from '../../../../src-renderer/components/actions/shortcut.ts';

const none = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };

test('mod is Ctrl, on macOS ⌘, and nothing else may be held', () => {
  expect(isPressed('mod+K', { ...none, key: 'k', ctrlKey: true }, false)).toBe(true);
  expect(isPressed('mod+K', { ...none, key: 'k', metaKey: true }, true)).toBe(true);
  expect(isPressed('mod+K', { ...none, key: 'k', metaKey: true }, false)).toBe(false);
  expect(isPressed('mod+K', { ...none, key: 'k' }, false)).toBe(false);
  expect(isPressed('mod+Z', { ...none, key: 'Z', ctrlKey: true, shiftKey: true }, false)).toBe(false);
  expect(isPressed('mod+Enter', { ...none, key: 'Enter', ctrlKey: true }, false)).toBe(true);
});

test('a character is itself, whatever makes it on this keyboard', () => {
  expect(isPressed('?', { ...none, key: '?', shiftKey: true }, false)).toBe(true);
  expect(isPressed('?', { ...none, key: '?' }, false)).toBe(true);
  expect(isPressed('?', { ...none, key: '?', ctrlKey: true }, false)).toBe(false);
});

test('keys are named as they are printed', () => {
  expect(keysOf('mod+Enter', false)).toEqual(['Ctrl', 'Enter']);
  expect(keysOf('mod+1', true)).toEqual(['⌘', '1']);
});
