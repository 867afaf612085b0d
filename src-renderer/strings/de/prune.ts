import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: 'Pruning',
  state: (adapters, studies) =>
    `${adaptersOf(adapters)}, ${plural(studies, { one: '# Pruning-Studie', other: '# Pruning-Studien' })}`,
  train: 'Adapter trainieren',
  empty:
    'Sehen, wie viel sich von einem Adapter prunen lässt, bevor die Genauigkeit sinkt. Es gibt noch keinen Adapter.',
  hint: 'Links Adapter auswählen, möglichst mehrere Seeds mit und ohne CoTo, und eine Pruning-Studie ausführen. Ihre Abbildungen erscheinen hier; ein Klick auf einen Punkt speichert diesen Adapter.',
  shown: 'Gezeigte Pruning-Studie',
  openStudy: 'Studie öffnen',

  adapters: 'Adapter',
  adaptersLabel: 'Zu prunende Adapter',
  filterLabel: 'Zu prunende Adapter filtern',
  filter: 'Adapter filtern…',
  filters: 'Nur zeigen',
  fits: 'Passt zur Auswahl',
  noMatch: 'Keine passenden Adapter',
  selected: (count) => (count === 0 ? 'Seeds einer Basis' : `${count} ausgewählt`),
  clear: 'Leeren',
  evaluation: 'Evaluation',
  dataset: 'Datensatz',
  trainingDataset: 'Trainingsdatensatz',
  grid: (label) => `Raster: ${label}`,
  gridHelp: (help, example) => `${help} Mehrere Werte durch Kommas trennen: ${example}`,
  run: 'Pruning-Studie ausführen',
  queued: 'Pruning-Studie eingereiht',

  problems: {
    adapter: 'Mindestens einen Adapter wählen.',
    foreign: 'Eine Studie bewertet Adapter auf ihrer Basis, die im Studio sein muss.',
    bases: 'Diese Adapter haben verschiedene Basismodelle: Eine Studie hat eine Basis.',
    dataset: 'Den Datensatz für die Evaluation wählen.',
  },
  evaluations: (count) => plural(count, { one: '# Bewertung', other: '# Bewertungen' }),
};
