import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: 'Trouvés dans le cache de Hugging Face',
    scan: 'Parcourir à nouveau le cache',
    tryAgain: 'Réessayer',
    add: 'Ajouter',
    addOne: (repository, detail) => `Ajouter ${repository} (${detail})`,
  },
  columns: 'Colonnes',
  usualColumns: 'Colonnes par défaut',
  selectAll: 'Tout sélectionner',
  select: (name) => `Sélectionner ${name}`,
  expand: (name) => `Déplier ${name}`,
  collapse: (name) => `Replier ${name}`,
  actions: 'Actions',
};
