import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { plural, rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: 'Réparer les lignes fautives et les graphies des labels',
  trim: 'Retirer les blancs autour des textes',
  unescape: 'Décoder les entités HTML',
  'drop-faulty': 'Écarter les lignes fautives',
  'drop-duplicates': 'Écarter les lignes répétées',
  'drop-leaks': 'Écarter les lignes d’entraînement qui sont aussi dans le test',
  'drop-near-leaks': 'Écarter les lignes d’entraînement qui répètent presque une ligne de test',
  'merge-labels': 'Regrouper les labels qui ne diffèrent que par la casse ou les blancs',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: 'Présentation des lignes', preview: 'Aperçu', edit: 'Modifier' },
  title: 'Lignes',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? 'aucune' : `${formatCount(from)}–${formatCount(to)} sur ${formatCount(of)}`}${isWhole ? '' : ` dans ${plural(read, { one: 'la première ligne', other: 'les # premières lignes' })}`}`,
  filter: {
    label: 'Lignes affichées',
    all: (count) => `Toutes ${formatCount(count)}`,
    faulty: (count) => `Fautives ${formatCount(count)}`,
    changed: (count) => `Modifiées ${formatCount(count)}`,
    'left-out': (count) => `Écartées ${formatCount(count)}`,
  },
  sort: { label: 'Ordre des lignes', file: 'Ordre du fichier', problem: 'Par problème' },
  search: 'Rechercher dans les cellules…',
  previous: 'Lignes précédentes',
  next: 'Lignes suivantes',
  empty: 'Aucune ligne correspondante.',
  row: 'Ligne',
  state: 'État',
  states: { train: 'entraînement', test: 'test', faulty: 'fautive', 'left-out': 'écartée' },
  dropSelected: (count) => `Écarter ${rowsOf(count)}`,
  rowForm: {
    title: 'Modifier une ligne',
    choose: 'Choisir une ligne du tableau pour modifier ses cellules.',
    apply: 'Appliquer',
    revert: 'Rétablir depuis le fichier',
    drop: 'Écarter',
    keep: 'Remettre',
    unreadable:
      'La ligne n’est pas lisible : ses cellules ne peuvent pas être modifiées. La corriger dans le fichier, ou l’écarter.',
    role: (role) => `lue comme ${role}`,
    unused: 'non utilisée',
    edited: 'modifiée',
    cut: (characters) => `Plus de ${formatCount(characters)} caractères : à corriger dans le fichier.`,
    json: 'JSON',
    noJson: 'Ce n’est pas du JSON. La cellule est une liste, un objet ou un nombre dans le fichier, et doit le rester.',
    before: 'Dans le fichier',
    after: 'Après modification',
    model: 'Modèle de base',
    becomesNone: 'La ligne n’est pas utilisée.',
  },
  steps: {
    title: 'Étapes',
    note: 'exécutées à chaque lecture du fichier ; le fichier ne change pas',
    none: 'Aucune étape. Modifier des lignes ci-dessous, ou ajouter une étape pour toutes les lignes.',
    add: 'Ajouter une étape',
    undo: 'Annuler',
    redo: 'Rétablir',
    remove: (step) => `Retirer l’étape : ${step}`,
    sample: 'Tirer quelques lignes…',
    rename: 'Renommer un label…',
    rows: 'Lignes',
    seed: 'Graine',
    from: 'Label',
    to: 'Nouveau nom',
    confirm: 'Ajouter',
    cancel: 'Annuler',
    unknown: (text) => `Les étapes ne peuvent pas être affichées une à une : ${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `Tirer ${rowsOf(step.rows)} (graine ${step.seed})`;
      case 'rename-label':
        return `Renommer le label « ${step.from} » en « ${step.to} »`;
      case 'edit':
        return `Donner à ${step.column} de ${step.row} la valeur ${quoted(step.value)}`;
      case 'drop-row':
        return `Écarter ${step.row}`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `« ${text.length > 80 ? `${text.slice(0, 80)}…` : text} »`;
}
