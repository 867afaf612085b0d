/** Words of each locale that are the same as in English. */
export const unchanged: Readonly<Record<string, ReadonlySet<string>>> = {
  de: new Set<string>([]),
};
