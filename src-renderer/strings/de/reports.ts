import type { Catalog } from '../catalog.ts';
import { plural, runsOf, studiesOf } from './counts.ts';

function contents(runs: number, studies: number): string {
  return [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', ') || '–';
}

export const reports: Catalog['reports'] = {
  title: 'Berichte',
  count: (count) => plural(count, { one: '# Bericht', other: '# Berichte' }),
  empty:
    'Noch keine Berichte. Ein Bericht ist eine in sich geschlossene Datei mit Abbildungen, Tabellen, Konfigurationen, Seeds und Hashes (auf Englisch). Hier erstellen, oder aus einem Lauf, einem Vergleich oder einer fertigen Studie.',
  tryDemo: 'Demo-Studie ausprobieren',
  contents,
  create: 'Bericht erstellen',
  dialog: {
    title: 'Bericht erstellen',
    name: 'Titel',
    note: 'Notiz',
    notePlaceholder: 'Was gefragt war, was er zeigt (optional)',
    sections: 'Abschnitte',
    action: 'Bericht erstellen',
    nothing: 'Mindestens einen Abschnitt wählen.',
    noSource: 'Eine Studie oder einen Lauf wählen.',
    studies: 'Studien',
    runs: 'Läufe',
    noMatch: 'Nichts passt.',
    of: (runs, studies) => `Aus: ${contents(runs, studies)}.`,
  },
  failed: 'Der Bericht wurde nicht erstellt',
  openInBrowser: 'Im Browser öffnen',
  notOpened: 'Der Bericht wurde nicht geöffnet',
  export: 'Exportieren',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'LaTeX-Tabellen' },
  exported: 'Bericht exportiert',
  noFormat: (format) => `Dieser Bericht hat kein ${format}: Eine frühere Version hat ihn geschrieben.`,
  more: (name) => `Mehr zu ${name}`,
  columns: { name: 'Name', of: 'Aus', created: 'Erstellt' },
  notExported: 'Der Bericht wurde nicht exportiert',
  showInFolder: 'Im Ordner zeigen',
  rename: {
    item: 'Umbenennen…',
    title: 'Bericht umbenennen',
    label: 'Name',
    confirm: 'Umbenennen',
    cancel: 'Abbrechen',
    failed: 'Der Bericht wurde nicht umbenannt',
  },
  remove: 'Löschen',
  removed: (name) => `„${name}“ gelöscht`,
  notRemoved: 'Der Bericht wurde nicht gelöscht',
  removeConsequence: 'Löscht seine Dateien. Läufe und Studien bleiben erhalten.',
  frame: (name) => `Bericht „${name}“`,
  choose: 'Einen Bericht wählen, um ihn hier zu lesen.',
  gone: 'Diesen Bericht gibt es nicht mehr.',
  removeQuestion: (name) => `Den Bericht „${name}“ löschen?`,
};
