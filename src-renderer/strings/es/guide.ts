import type { Catalog } from '../catalog.ts';
import { counted } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: 'Guía',
  state: (topics, cards) =>
    `${counted(topics, 'tema')} · ${counted(cards, 'ficha de método', 'fichas de métodos')} (en inglés)`,
  topics: 'Guía de uso',
  overview: 'Resumen',
  results: 'Resultados medidos',
  search: 'Buscar en la guía…',
  found: (count) => (count === 0 ? 'Ningún tema coincide' : counted(count, 'documento')),
  definitionOf: (text, term) => `${text}: definición de ${term}`,
  closeDefinition: 'Cerrar la definición',
  moreOf: (term) => `Más sobre ${term} en la guía`,
  helpFor: (label) => `Ayuda: ${label}`,
  sheet: 'Ayuda',
  back: 'Atrás',
  close: 'Cerrar ayuda',
  openInGuide: 'Abrir en la guía',
  missing: 'Este documento no forma parte de la guía.',
  copyAddress: (title) => `Copiar la dirección de “${title}”`,
};
