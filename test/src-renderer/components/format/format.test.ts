import { describe, expect, it, test } from 'vitest';
import {
  backendName,
  formatBytes,
  formatDuration,
  formatRelative,
  formatShortDuration,
} from '../../../../src-renderer/components/format/format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [6_582_580, '6.28 MiB'],
    [1023 * 1024 * 1024, '1023 MiB'],
    [16 * 1024 ** 3, '16.0 GiB'],
  ])('writes %s as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0.25, '250 ms'],
    [4.26, '4.3 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [125, '2 min 05 s'],
    [3600, '1 h 00 min'],
    [90_000, '1 d 1 h'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('writes %s seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('formatRelative', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  it.each([
    [10, 'just now'],
    [50, '1 min ago'],
    [600, '10 min ago'],
    [7200, '2 h ago'],
    [30 * 3600, 'yesterday'],
    [3 * 86_400, '3 days ago'],
    [30 * 86_400, '26 Oct'],
    [400 * 86_400, '21 Oct 2025'],
  ])('calls %s seconds ago "%s"', (seconds, text) => {
    expect(formatRelative(now - seconds * 1000, now)).toBe(text);
  });
});

describe('backendName', () => {
  it.each([
    ['native', 'Native CPU'],
    ['webgpu', 'WebGPU'],
    ['auto', 'detecting…'],
    ['of-a-later-version', 'of-a-later-version'],
  ])('calls %s "%s"', (id, name) => {
    expect(backendName(id)).toBe(name);
  });
});

test.each([
  [44.2, '45 s'],
  [61, '2 min'],
  [3700, '2 h'],
])('writes %s seconds in little room as %s', (seconds, text) => {
  expect(formatShortDuration(seconds)).toBe(text);
});
