interface Named {
  readonly id: string;
  readonly name: string;
}

/** What a reference stands for: the record of that id, else all of that name. Several are a question, not an answer. */
export function recordsMeant<Item extends Named>(records: readonly Item[], reference: string): Item[] {
  const ofId = records.find(({ id }) => id === reference);
  return ofId === undefined ? records.filter(({ name }) => name === reference) : [ofId];
}
