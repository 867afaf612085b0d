import type { Catalog } from '../catalog.ts';
import { counted } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: 'Guia',
  state: (topics, cards) =>
    `${counted(topics, 'tópico')} · ${counted(cards, 'ficha de método', 'fichas de métodos')} (em inglês)`,
  topics: 'Guia do usuário',
  overview: 'Visão geral',
  results: 'Resultados medidos',
  search: 'Buscar no guia…',
  found: (count) => (count === 0 ? 'Nenhum tópico encontrado' : counted(count, 'documento')),
  definitionOf: (text, term) => `${text}: definição de ${term}`,
  closeDefinition: 'Fechar a definição',
  moreOf: (term) => `Mais sobre ${term} no guia`,
  helpFor: (label) => `Ajuda: ${label}`,
  sheet: 'Ajuda',
  back: 'Voltar',
  close: 'Fechar ajuda',
  openInGuide: 'Abrir no guia',
  missing: 'Este documento não faz parte do guia.',
  copyAddress: (title) => `Copiar o endereço de “${title}”`,
};
