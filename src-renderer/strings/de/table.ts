import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: 'Im Cache von Hugging Face gefunden',
    scan: 'Cache erneut durchsuchen',
    tryAgain: 'Erneut versuchen',
    add: 'Hinzufügen',
    addOne: (repository, detail) => `${repository} hinzufügen (${detail})`,
  },
  columns: 'Spalten',
  usualColumns: 'Standardspalten',
  selectAll: 'Alle auswählen',
  select: (name) => `${name} auswählen`,
  expand: (name) => `${name} ausklappen`,
  collapse: (name) => `${name} einklappen`,
  actions: 'Aktionen',
};
