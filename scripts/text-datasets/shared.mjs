// Tools for making the bundled text datasets: fixed draws, stems, passages, and the search for near duplicates.
import { createHash } from 'node:crypto';
import { NearDuplicates } from '../../src-main/engine/data/text/near-duplicates.ts';

/**
 * A line of a set: what the model reads, and what else is known of it.
 * @typedef {{ text?: string, label?: string | undefined, [key: string]: string | undefined }} Row
 */

/**
 * A set of texts: what it is made from, and how. The folders are those of its packages, in their order.
 * @typedef {object} TextSet
 * @property {string} id
 * @property {string[]} packages of npm, with their versions
 * @property {(folders: string[]) => Splits | Promise<Splits>} make
 */

/** @typedef {{ train: Row[], test: Row[] }} Splits */

/**
 * A number in [0, 1) that depends on the text alone.
 * @param {string} text
 */
export function share(text) {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * In an order that depends on what `key` says of each alone, and looks like chance.
 * @template T
 * @param {readonly T[]} rows
 * @param {(row: T) => string} key
 */
export function shuffled(rows, key) {
  return rows
    .map((row) => ({ row, place: share(key(row)) }))
    .sort((one, other) => one.place - other.place)
    .map(({ row }) => row);
}

/**
 * The first row of every text (upper and lower case are one) whose rows all bear one label.
 * @template {{ text: string, label: string | undefined }} T
 * @param {readonly T[]} rows
 * @returns {T[]}
 */
export function firstsOfOneLabel(rows) {
  return [...Map.groupBy(rows, ({ text }) => text.toLowerCase()).values()].flatMap((same) =>
    same.every(({ label }) => label === same[0]?.label) ? same.slice(0, 1) : [],
  );
}

/** Rows that are searched for near repeats at a time: the search leaves out what is beyond 50,000. */
const searched = 20_000;

/**
 * The training rows that do not nearly repeat a test row: what the studio would complain of is not there.
 * @template T
 * @param {readonly T[]} train
 * @param {readonly T[]} test
 * @param {(row: T) => string} textOf
 */
export function withoutNearRepeats(train, test, textOf) {
  /** @type {T[]} */
  const kept = [];
  for (let start = 0; start < train.length; start += searched) {
    const rows = train.slice(start, start + searched);
    const near = new NearDuplicates();
    // The search names rows of the second split that repeat one of the first.
    for (const [index, row] of test.entries()) near.add(textOf(row), 'train', `test ${index}`);
    for (const [index, row] of rows.entries()) near.add(textOf(row), 'test', String(index));
    const repeats = new Set(near.across().map(({ where }) => Number(where)));
    kept.push(...rows.filter((_, index) => !repeats.has(index)));
  }
  return kept;
}

const endings = ['some', 'ness', 'less', 'ful', 'ish', 'dom', 'ing', 'est', 'ly', 'ed', 'er', 'en', 's', 'y', 'i', 'e'];

/**
 * Returns the stem that a word shares with its relatives. Endings are stripped while two letters stay (three before
 * -ly); the first four letters remain, without last vowels, and a doubled last letter becomes one. "love", "loved" and
 * "lovable" are all "lov". Coarse on purpose: unrelated words often share a stem, and relatives seldom differ ("hate"
 * and "hatred" do).
 * @param {string} word
 */
export function stemOf(word) {
  let stem = word.toLowerCase().replaceAll(/[^a-z]/g, '');
  for (;;) {
    const ending = endings.find(
      (known) => stem.endsWith(known) && stem.length - known.length >= (known === 'ly' ? 3 : 2),
    );
    if (ending === undefined) break;
    stem = stem.slice(0, -ending.length);
  }
  return stem
    .slice(0, 4)
    .replace(/(?<=..)[aeiouy]+$/, '')
    .replace(/(.)\1$/, '$1');
}

/**
 * Whole sentences joined until a passage has 60 words; one that then has more than 100 is left out, and so is the rest.
 * @param {readonly string[]} sentences
 */
export function passagesOf(sentences) {
  const passages = [];
  /** @type {string[]} */
  let words = [];
  for (const sentence of sentences) {
    words.push(...sentence.split(/\s+/).filter(Boolean));
    if (words.length < 60) continue;
    if (words.length <= 100) passages.push(words.join(' '));
    words = [];
  }
  return passages;
}

/**
 * Up to `most` items, taken from the groups in turn so that none of them dominates.
 * @template T
 * @param {readonly (readonly T[])[]} groups
 * @param {number} most
 */
export function inTurn(groups, most) {
  /** @type {T[]} */
  const taken = [];
  const longest = Math.max(0, ...groups.map((group) => group.length));
  for (let place = 0; place < longest; place++)
    for (const group of groups) if (taken.length < most) taken.push(...group.slice(place, place + 1));
  return taken;
}
