/** The window's words on the forms in which an adapter leaves the studio, and on what else its menu offers. */
export const exportStrings = {
  heading: 'Export as',
  failed: 'The adapter was not exported',
  title: (name: string, form: string) => `Export ${name} as ${form}`,
  folderTitle: (name: string, form: string) => `Export ${name} as ${form} into`,
  /** Further questions follow. */
  asking: (form: string) => `${form}…`,
  needsRun: 'This adapter was not trained by a run of the studio, so there is no training to export.',
  choosePath: 'Choose location…',
  evaluate: 'Evaluate…',
  prune: 'Prune or resize…',
  pruneTitle: (name: string) => `Prune ${name}`,
  runtimes: 'Runtime compatibility…',
  runtimesTitle: (name: string) => `Runtime compatibility of ${name}`,
} as const;
