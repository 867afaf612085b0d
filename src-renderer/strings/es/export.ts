import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: 'Exportar como',
  failed: 'No se exportó el adaptador',
  title: (name, form) => `Exportar ${name} como ${form}`,
  folderTitle: (name, form) => `Carpeta para exportar ${name} como ${form}`,
  asking: (form) => `${form}…`,
  needsRun: 'Este adaptador no lo entrenó una ejecución de la app, así que no hay entrenamiento que exportar.',
  choosePath: 'Elegir ubicación…',
  evaluate: 'Evaluar…',
  prune: 'Podar o redimensionar…',
  pruneTitle: (name) => `Podar ${name}`,
  runtimes: 'Compatibilidad de runtimes…',
  runtimesTitle: (name) => `Compatibilidad de ${name} con runtimes`,
};
