import { describe, expect, test } from 'vitest';
import { fileOf } from '../../src-main/shell/app-files.ts';

const folder = '/opt/studio/renderer';

describe('the file behind an address of the app', () => {
  test.each([
    ['app://studio/', '/opt/studio/renderer/index.html'],
    ['app://studio/index.html?x=1#/runs', '/opt/studio/renderer/index.html'],
    ['app://studio:/index.html?x=:80@studio/', '/opt/studio/renderer/index.html'],
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
    'app://studio:80/index.html',
    'app://studio:443/index.html',
    'app://me@studio/index.html',
    'app://me:secret@studio/index.html',
    'app://:@studio:1/index.html',
    'app://studio./index.html',
    'app://STUDIO/index.html',
    'app://%73tudio/index.html',
    'app://studio%2f/index.html',
    'app://studio/assets%2fa.js',
    'app://studio/assets%5C..%5c..%5ca.js',
    'app:///studio/index.html',
    'app:studio/index.html',
    'file:///etc/passwd',
    'https://studio/index.html',
    'no address',
    '',
  ])('%s is none', (url) => {
    expect(fileOf(folder, url)).toBeNull();
  });
});
