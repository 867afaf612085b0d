import { describe, expect, test } from 'vitest';
import { fileOf } from '../../src-main/shell/app-files.ts';

const folder = '/opt/studio/renderer';

describe('the file behind an address of the app', () => {
  test.each([
    ['app://studio/', '/opt/studio/renderer/index.html'],
    ['app://studio/index.html?x=1#/runs', '/opt/studio/renderer/index.html'],
    ['app://studio/assets/a%20b.js', '/opt/studio/renderer/assets/a b.js'],
    ['app://studio/assets/../index.html', '/opt/studio/renderer/index.html'],
  ])('%s', (url, path) => {
    expect(fileOf(folder, url)).toBe(path);
  });

  test.each([
    'app://studio/..%2f..%2fetc/passwd',
    'app://studio/%2e%2e%2frenderer-of-another/index.html',
    'app://studio/%00',
    'app://studio/%E0%A4%A',
    'app://other/index.html',
    'file:///etc/passwd',
    'https://studio/index.html',
    'no address',
    '',
  ])('%s is none', (url) => {
    expect(fileOf(folder, url)).toBeNull();
  });
});
