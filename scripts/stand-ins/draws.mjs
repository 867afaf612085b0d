import { createHash } from 'node:crypto';

/**
 * A question with its answer, and with its choices where it has some.
 * @typedef {{ prompt: string, completion: string, choices?: readonly string[], gold?: number }} Question
 */

/**
 * A set of generated questions.
 * @typedef {{
 *   id: string,
 *   summary: string,
 *   standsFor: string,
 *   task: string,
 *   question: (draws: Draws) => Question,
 *   row: (question: Question) => object,
 * }} StandIn
 */

/** Draws by the SHA-256 of a name and a count, alike on every machine. */
export class Draws {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.count = 0;
  }

  /**
   * A whole number from `low` to `high`, both included.
   * @param {number} low
   * @param {number} high
   */
  integer(low, high) {
    const hash = createHash('sha256')
      .update(`${this.name} ${this.count++}`)
      .digest();
    return low + (hash.readUInt32LE(0) % (high - low + 1));
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @returns {T}
   */
  one(items) {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to draw from.');
    return item;
  }

  /**
   * Different items in a drawn order.
   * @template T
   * @param {readonly T[]} items
   * @param {number} count
   * @returns {T[]}
   */
  some(items, count) {
    const left = [...items];
    return Array.from({ length: count }, () => {
      const [item] = left.splice(this.integer(0, left.length - 1), 1);
      if (item === undefined) throw new Error('There are too few items.');
      return item;
    });
  }
}

export const people = [
  ...['Ada', 'Ben', 'Cora', 'Dan', 'Eva', 'Finn', 'Gina', 'Hugo', 'Ida', 'Jon', 'Kim', 'Leo', 'Mia', 'Nils', 'Olga'],
  ...['Paul', 'Rosa', 'Sam', 'Tina', 'Uwe', 'Vera', 'Will', 'Yara', 'Zoe'],
];
