import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: 'Élagage',
  state: (adapters, studies) =>
    `${adaptersOf(adapters)}, ${plural(studies, { one: '# étude d’élagage', other: '# études d’élagage' })}`,
  train: 'Entraîner un adaptateur',
  empty:
    'Voir quelle part d’un adaptateur peut être élaguée avant que l’exactitude baisse. Il n’y a pas encore d’adaptateur.',
  hint: 'Sélectionner des adaptateurs à gauche, si possible plusieurs graines avec et sans CoTo, et lancer une étude d’élagage. Ses figures apparaissent ici ; cliquer sur un point pour enregistrer l’adaptateur correspondant.',
  shown: 'Étude d’élagage affichée',
  openStudy: 'Ouvrir l’étude',

  adapters: 'Adaptateurs',
  adaptersLabel: 'Adaptateurs à élaguer',
  filterLabel: 'Filtrer les adaptateurs à élaguer',
  filter: 'Filtrer les adaptateurs…',
  filters: 'Afficher seulement',
  fits: 'Va avec la sélection',
  noMatch: 'Aucun adaptateur correspondant',
  selected: (count) =>
    count === 0 ? 'graines d’une même base' : plural(count, { one: '# sélectionné', other: '# sélectionnés' }),
  clear: 'Vider',
  evaluation: 'Évaluation',
  dataset: 'Jeu de données',
  trainingDataset: 'Jeu d’entraînement',
  grid: (label) => `Grille : ${label}`,
  gridHelp: (help, example) => `${help} Séparer plusieurs valeurs par des virgules : ${example}`,
  run: 'Lancer l’étude d’élagage',
  queued: 'Étude d’élagage mise en file d’attente',

  problems: {
    adapter: 'Choisir au moins un adaptateur.',
    foreign: 'Une étude évalue les adaptateurs sur leur base, qui doit être dans le studio.',
    bases: 'Ces adaptateurs ont des modèles de base différents : une étude n’en prend qu’un.',
    dataset: 'Choisir le jeu de données de l’évaluation.',
  },
  evaluations: (count) => plural(count, { one: '# évaluation', other: '# évaluations' }),
};
