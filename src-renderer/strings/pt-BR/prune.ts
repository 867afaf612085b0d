import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural, selectedOf } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: 'Podar',
  state: (adapters, studies) =>
    `${adaptersOf(adapters)}, ${plural(studies, { one: '# estudo de poda', other: '# estudos de poda' })}`,
  train: 'Treinar um adaptador',
  empty: 'Ver quanto de um adaptador pode ser podado antes que a acurácia caia. Ainda não há adaptador.',
  hint: 'Selecionar adaptadores à esquerda, de preferência várias sementes com e sem CoTo, e executar um estudo de poda. Suas figuras aparecem aqui; clicar em um ponto salva esse adaptador.',
  shown: 'Estudo de poda exibido',
  openStudy: 'Abrir o estudo',

  adapters: 'Adaptadores',
  adaptersLabel: 'Adaptadores a podar',
  filterLabel: 'Filtrar os adaptadores a podar',
  filter: 'Filtrar adaptadores…',
  filters: 'Mostrar só',
  fits: 'Serve para a seleção',
  noMatch: 'Nenhum adaptador encontrado',
  selected: (count) => (count === 0 ? 'sementes de uma base' : selectedOf(count)),
  clear: 'Limpar',
  evaluation: 'Avaliação',
  dataset: 'Dataset',
  trainingDataset: 'Dataset de treinamento',
  grid: (label) => `Grade: ${label}`,
  gridHelp: (help, example) => `${help} Separar vários valores com vírgulas: ${example}`,
  run: 'Executar estudo de poda',
  queued: 'Estudo de poda na fila',

  problems: {
    adapter: 'Escolher ao menos um adaptador.',
    foreign: 'Um estudo pontua adaptadores sobre sua base, que precisa estar no app.',
    bases: 'Estes adaptadores têm modelos base diferentes: um estudo usa uma só base.',
    dataset: 'Escolher o dataset da avaliação.',
  },
  evaluations: (count) => plural(count, { one: '# avaliação', other: '# avaliações' }),
};
