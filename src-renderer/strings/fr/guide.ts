import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: 'Guide',
  state: (topics, cards) =>
    `${plural(topics, { one: '# sujet', other: '# sujets' })} · ${plural(cards, { one: '# fiche de méthode', other: '# fiches de méthodes' })} (en anglais)`,
  topics: 'Guide',
  overview: 'Aperçu',
  results: 'Résultats mesurés',
  search: 'Rechercher dans le guide…',
  found: (count) =>
    count === 0 ? 'Aucun sujet correspondant' : plural(count, { one: '# document', other: '# documents' }),
  definitionOf: (text, term) => `${text} : définition de ${term}`,
  closeDefinition: 'Fermer la définition',
  moreOf: (term) => `En savoir plus sur ${term} dans le guide`,
  helpFor: (label) => `Aide : ${label}`,
  sheet: 'Aide',
  back: 'Retour',
  close: 'Fermer l’aide',
  openInGuide: 'Ouvrir dans le guide',
  missing: 'Ce document ne fait pas partie du guide.',
  copyAddress: (title) => `Copier l’adresse de « ${title} »`,
};
