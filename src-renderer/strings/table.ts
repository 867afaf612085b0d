/** Words of every table. */
export const tableStrings = {
  columns: 'Columns',
  usualColumns: 'Default columns',
  selectAll: 'Select all',
  select: (name: string) => `Select ${name}`,
  expand: (name: string) => `Expand ${name}`,
  collapse: (name: string) => `Collapse ${name}`,
  actions: 'Actions',
} as const;
