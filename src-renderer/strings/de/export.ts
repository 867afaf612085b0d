import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: 'Exportieren als',
  failed: 'Der Adapter wurde nicht exportiert',
  title: (name, form) => `${name} als ${form} exportieren`,
  folderTitle: (name, form) => `${name} als ${form} exportieren nach`,
  asking: (form) => `${form}…`,
  needsRun: 'Dieser Adapter stammt nicht aus einem Lauf des Studios, daher gibt es kein Training zu exportieren.',
  choosePath: 'Ort wählen…',
  evaluate: 'Evaluieren…',
  prune: 'Prunen oder Rang ändern…',
  pruneTitle: (name) => `${name} prunen`,
  runtimes: 'Kompatible Laufzeiten…',
  runtimesTitle: (name) => `Kompatible Laufzeiten von ${name}`,
};
