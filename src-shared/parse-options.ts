/**
 * From so many objects of one schema on it is cheaper to let zod write a function of its own for it: that costs a third of a
 * millisecond, an object that is read without it 50 µs.
 */
const many = 100;

/** How zod reads a few values: by the schema as it is. A list that is long is read by a function made for its schema. */
export function parseOptionsFor(values: unknown): { readonly jitless: boolean } {
  return { jitless: !Array.isArray(values) || values.length < many };
}
