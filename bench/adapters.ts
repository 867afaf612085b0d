/** Ids of the adapter variants that the bench times, in the order of the table. */
export const benchAdapters: readonly string[] = ['lora', 'dora', 'hira'];
