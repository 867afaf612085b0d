import type { Catalog } from '../catalog.ts';
import { plural, runsOf, studiesOf } from './counts.ts';

function contents(runs: number, studies: number): string {
  return [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', ') || '–';
}

export const reports: Catalog['reports'] = {
  title: 'Rapports',
  count: (count) => plural(count, { one: '# rapport', other: '# rapports' }),
  empty:
    'Pas encore de rapports. Un rapport est un fichier autonome avec figures, tableaux, configurations, graines et hashes (en anglais). En créer un ici, ou depuis un run, une comparaison ou une étude terminée.',
  tryDemo: 'Essayer l’étude de démo',
  contents,
  create: 'Créer un rapport',
  dialog: {
    title: 'Créer un rapport',
    name: 'Titre',
    note: 'Note',
    notePlaceholder: 'La question posée, ce qu’il montre (facultatif)',
    sections: 'Sections',
    action: 'Créer le rapport',
    nothing: 'Choisir au moins une section.',
    noSource: 'Choisir une étude ou un run.',
    studies: 'Études',
    runs: 'Runs',
    noMatch: 'Aucun résultat.',
    of: (runs, studies) => `Sur : ${contents(runs, studies)}.`,
  },
  failed: 'Le rapport n’a pas été créé',
  openInBrowser: 'Ouvrir dans le navigateur',
  notOpened: 'Le rapport n’a pas été ouvert',
  export: 'Exporter',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'Tableaux LaTeX' },
  exported: 'Rapport exporté',
  noFormat: (format) => `Ce rapport n’a pas de ${format} : il a été écrit par une version antérieure.`,
  more: (name) => `Plus d’actions pour ${name}`,
  columns: { name: 'Nom', of: 'Sur', created: 'Création' },
  notExported: 'Le rapport n’a pas été exporté',
  showInFolder: 'Afficher dans le dossier',
  rename: {
    item: 'Renommer…',
    title: 'Renommer le rapport',
    label: 'Nom',
    confirm: 'Renommer',
    cancel: 'Annuler',
    failed: 'Le rapport n’a pas été renommé',
  },
  remove: 'Supprimer',
  removed: (name) => `« ${name} » supprimé`,
  notRemoved: 'Le rapport n’a pas été supprimé',
  removeConsequence: 'Supprime ses fichiers. Les runs et les études sont conservés.',
  frame: (name) => `Rapport « ${name} »`,
  choose: 'Choisir un rapport pour le lire ici.',
  gone: 'Ce rapport n’existe plus.',
  removeQuestion: (name) => `Supprimer le rapport « ${name} » ?`,
};
