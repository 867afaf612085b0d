import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: 'Exportar como',
  failed: 'O adaptador não foi exportado',
  title: (name, form) => `Exportar ${name} como ${form}`,
  folderTitle: (name, form) => `Pasta para exportar ${name} como ${form}`,
  asking: (form) => `${form}…`,
  needsRun: 'Este adaptador não foi treinado por uma execução do app, então não há treinamento a exportar.',
  choosePath: 'Escolher local…',
  evaluate: 'Avaliar…',
  prune: 'Podar ou redimensionar…',
  pruneTitle: (name) => `Podar ${name}`,
  runtimes: 'Compatibilidade com runtimes…',
  runtimesTitle: (name) => `Compatibilidade de ${name} com runtimes`,
};
