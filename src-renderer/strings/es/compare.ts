import type { Catalog } from '../catalog.ts';
import { counted, plural, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: 'Comparar ejecuciones',
  back: 'Todas las ejecuciones',
  state: (runs, groups) => `${runsOf(runs)} en ${counted(groups, 'grupo')}`,
  none: 'Estas ejecuciones ya no existen.',
  tooFew: 'Seleccionar dos o más ejecuciones para compararlas.',
  gone: (count) =>
    plural(count, {
      one: '# ejecución de esta comparación ya no existe.',
      many: '# de ejecuciones de esta comparación ya no existen.',
      other: '# ejecuciones de esta comparación ya no existen.',
    }),
  full: 'Abrir la comparación',
  legend: 'Grupos',
  seeds: seedsOf,

  results: 'Resultados',
  resultsNote: 'media ± intervalo del 95 % (t de Student) sobre las semillas',
  group: 'Grupo',
  seedsColumn: 'Semillas',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `Pareada por semilla: ${counted(pairs, 'par', 'pares')} con ${name}. Media ± intervalo del 95 % (t de Student); exactitudes en puntos.`,
  differenceNote: 'pareada por semilla',
  reference: 'Comparado con',
  ownBaseline: 'Δ frente a la referencia propia sin CoTo',
  against: (group) => `Δ frente a ${group}`,
  isReference: 'referencia',
  noPair: 'ninguna semilla en común',
  evalLoss: 'Pérdida de evaluación',
  stepTime: 'Paso (ms)',
  active: 'Capas activas %',
  expand: (name) => `Mostrar las ejecuciones de ${name}`,
  collapse: (name) => `Ocultar las ejecuciones de ${name}`,

  curves: 'Curvas',
  notShared: (names) => `No registrado por todas estas ejecuciones: ${names}.`,
  unsmoothed: 'Las evaluaciones nunca se suavizan.',
  once: (names) => `Evaluado una sola vez, por lo que está en los resultados de arriba y no se dibuja: ${names}.`,
  sampled: (drawn, all) =>
    `Curvas de ${drawn} de ${runsOf(all)}, tomadas por igual de los grupos. Los resultados de arriba son de todas las ejecuciones.`,
  noCurves: 'Ninguna de estas ejecuciones ha registrado nada todavía.',

  differences: 'Diferencias de configuración',
  identical: 'Configuraciones idénticas',
  setting: 'Ajuste',
};
