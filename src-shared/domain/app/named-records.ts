interface Named {
  readonly id: string;
  readonly name: string;
}

/** Returns the record with that id, else all records with that name. Callers ask the user to choose among several. */
export function recordsMeant<Item extends Named>(records: readonly Item[], reference: string): Item[] {
  const ofId = records.find(({ id }) => id === reference);
  return ofId === undefined ? records.filter(({ name }) => name === reference) : [ofId];
}
