import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural, selectedOf } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: 'Podar',
  state: (adapters, studies) =>
    `${adaptersOf(adapters)}, ${plural(studies, { one: '# estudio de poda', other: '# estudios de poda' })}`,
  train: 'Entrenar un adaptador',
  empty: 'Ver cuánto de un adaptador se puede podar antes de que baje la exactitud. Aún no hay ningún adaptador.',
  hint: 'Seleccionar adaptadores a la izquierda, a ser posible varias semillas con y sin CoTo, y ejecutar un estudio de poda. Sus figuras aparecen aquí; al hacer clic en un punto se guarda ese adaptador.',
  shown: 'Estudio de poda mostrado',
  openStudy: 'Abrir el estudio',

  adapters: 'Adaptadores',
  adaptersLabel: 'Adaptadores que se podan',
  filterLabel: 'Filtrar los adaptadores que se podan',
  filter: 'Filtrar adaptadores…',
  filters: 'Mostrar solo',
  fits: 'Encaja con la selección',
  noMatch: 'Ningún adaptador coincide',
  selected: (count) => (count === 0 ? 'semillas de una base' : selectedOf(count)),
  clear: 'Vaciar',
  evaluation: 'Evaluación',
  dataset: 'Dataset',
  trainingDataset: 'Dataset de entrenamiento',
  grid: (label) => `Cuadrícula: ${label}`,
  gridHelp: (help, example) => `${help} Separar varios valores con comas: ${example}`,
  run: 'Ejecutar estudio de poda',
  queued: 'Estudio de poda en cola',

  problems: {
    adapter: 'Elegir al menos un adaptador.',
    foreign: 'Un estudio puntúa los adaptadores sobre su base, que debe estar en la app.',
    bases: 'Estos adaptadores tienen modelos base distintos: un estudio usa una sola base.',
    dataset: 'Elegir el dataset con el que se evalúa.',
  },
  evaluations: (count) => plural(count, { one: '# evaluación', other: '# evaluaciones' }),
};
