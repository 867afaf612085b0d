import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: 'No cache do Hugging Face',
    scan: 'Reler o cache',
    tryAgain: 'Tentar de novo',
    add: 'Adicionar',
    addOne: (repository, detail) => `Adicionar ${repository} (${detail})`,
  },
  columns: 'Colunas',
  usualColumns: 'Colunas padrão',
  selectAll: 'Selecionar tudo',
  select: (name) => `Selecionar ${name}`,
  expand: (name) => `Expandir ${name}`,
  collapse: (name) => `Recolher ${name}`,
  actions: 'Ações',
};
