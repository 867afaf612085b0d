/** Words of every table. */
export const tableStrings = {
  cached: {
    title: 'Found in the Hugging Face cache',
    scan: 'Rescan the cache',
    tryAgain: 'Try again',
    add: 'Add',
    addOne: (repository: string, detail: string) => `Add ${repository} (${detail})`,
  },
  columns: 'Columns',
  usualColumns: 'Default columns',
  selectAll: 'Select all',
  select: (name: string) => `Select ${name}`,
  expand: (name: string) => `Expand ${name}`,
  collapse: (name: string) => `Collapse ${name}`,
  actions: 'Actions',
} as const;
