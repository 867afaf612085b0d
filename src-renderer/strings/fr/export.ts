import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: 'Exporter en',
  failed: 'L’adaptateur n’a pas été exporté',
  title: (name, form) => `Exporter ${name} en ${form}`,
  folderTitle: (name, form) => `Exporter ${name} en ${form} dans`,
  asking: (form) => `${form}…`,
  needsRun: 'Cet adaptateur ne vient pas d’un run du studio : il n’y a pas d’entraînement à exporter.',
  choosePath: 'Choisir l’emplacement…',
  evaluate: 'Évaluer…',
  prune: 'Élaguer ou changer le rang…',
  pruneTitle: (name) => `Élaguer ${name}`,
  runtimes: 'Moteurs compatibles…',
  runtimesTitle: (name) => `Moteurs compatibles avec ${name}`,
};
