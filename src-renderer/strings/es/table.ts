import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: 'En la caché de Hugging Face',
    scan: 'Volver a leer la caché',
    tryAgain: 'Reintentar',
    add: 'Añadir',
    addOne: (repository, detail) => `Añadir ${repository} (${detail})`,
  },
  columns: 'Columnas',
  usualColumns: 'Columnas habituales',
  selectAll: 'Seleccionar todo',
  select: (name) => `Seleccionar ${name}`,
  expand: (name) => `Expandir ${name}`,
  collapse: (name) => `Contraer ${name}`,
  actions: 'Acciones',
};
