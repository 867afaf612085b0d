import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: 'Handbuch',
  state: (topics, cards) => `${topics} Themen · ${cards} Methodenkarten (auf Englisch)`,
  topics: 'Handbuch',
  overview: 'Überblick',
  results: 'Gemessene Ergebnisse',
  search: 'Im Handbuch suchen…',
  found: (count) =>
    count === 0 ? 'Keine passenden Themen' : plural(count, { one: '# Dokument', other: '# Dokumente' }),
  definitionOf: (text, term) => `${text}: Definition von ${term}`,
  closeDefinition: 'Definition schließen',
  moreOf: (term) => `Mehr zu ${term} im Handbuch`,
  helpFor: (label) => `Hilfe: ${label}`,
  sheet: 'Hilfe',
  back: 'Zurück',
  close: 'Hilfe schließen',
  openInGuide: 'Im Handbuch öffnen',
  missing: 'Dieses Dokument gehört nicht zum Handbuch.',
  copyAddress: (title) => `Adresse von „${title}“ kopieren`,
};
