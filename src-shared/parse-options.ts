/**
 * From so many objects of one schema on it is cheaper to let zod write a function of its own for it: that costs a third of a
 * millisecond, an object that is read without it 50 µs.
 */
const many = 100;

/**
 * Selects zod's parser for the number of values: few are parsed by the schema directly. Long lists use a function
 * compiled for their schema.
 */
export function parseOptionsFor(values: unknown): { readonly jitless: boolean } {
  return { jitless: !Array.isArray(values) || values.length < many };
}
