import { expect, test } from 'vitest';
import { isPressed, keysOf, pressedCombination } from '../../../../src-renderer/components/actions/shortcut.ts';

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

test('pressed keys are a combination as the key file has it; modifiers alone and Escape are none', () => {
  const pressed = (keys: Partial<Parameters<typeof pressedCombination>[0]>, isMac = false) =>
    pressedCombination({ ...none, key: '', ...keys }, isMac);
  expect(pressed({ key: 'r', ctrlKey: true, shiftKey: true })).toBe('mod+shift+R');
  expect(pressed({ key: 'ArrowLeft', altKey: true })).toBe('alt+Left');
  expect(pressed({ key: '+', ctrlKey: true, shiftKey: true })).toBe('mod+Plus');
  expect(pressed({ key: ' ', ctrlKey: true })).toBe('mod+Space');
  // With ⌥ a letter of macOS becomes a sign.
  expect(pressed({ key: '˚', code: 'KeyK', altKey: true }, true)).toBe('alt+K');
  for (const key of ['Control', 'Shift', 'Escape', 'Dead', 'Tab']) expect(pressed({ key }), key).toBeNull();
  expect(pressed({ key: 'k', metaKey: true })).toBeNull();
});

test('a shortcut of several combinations is heard by each', () => {
  expect(isPressed('? mod+/', { ...none, key: '/', ctrlKey: true }, false)).toBe(true);
  expect(isPressed('? mod+/', { ...none, key: '?', shiftKey: true }, false)).toBe(true);
  expect(isPressed('', { ...none, key: 'k' }, false)).toBe(false);
});

test('keys are named as they are printed', () => {
  expect(keysOf('mod+Enter', false)).toEqual(['Ctrl', 'Enter']);
  expect(keysOf('mod+1', true)).toEqual(['⌘', '1']);
});
