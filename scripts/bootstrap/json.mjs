import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The object in a JSON file.
 * @param {string} path
 * @returns {Record<string, unknown>}
 * @throws where the file holds something else
 */
export function readJsonObject(path) {
  const value = JSON.parse(readFileSync(path, 'utf8'));
  if (!isObject(value)) throw new Error(`${path} contains no JSON object.`);
  return value;
}

/**
 * Returns the version in a folder's package.json.
 * @param {string} folder
 * @returns {string}
 */
export function packageVersion(folder) {
  const path = join(folder, 'package.json');
  const { version } = readJsonObject(path);
  if (typeof version !== 'string') throw new Error(`${path} states no version.`);
  return version;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
