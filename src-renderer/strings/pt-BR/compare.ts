import type { Catalog } from '../catalog.ts';
import { counted, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: 'Comparar execuções',
  back: 'Todas as execuções',
  state: (runs, groups) => `${runsOf(runs)} em ${counted(groups, 'grupo')}`,
  none: 'Estas execuções não existem mais.',
  tooFew: 'Selecionar duas ou mais execuções para compará-las.',
  gone: (count) =>
    counted(count, 'execução desta comparação não existe mais.', 'execuções desta comparação não existem mais.'),
  full: 'Abrir a comparação',
  legend: 'Grupos',
  seeds: seedsOf,

  results: 'Resultados',
  resultsNote: 'média ± intervalo de 95% (t de Student) sobre as sementes',
  group: 'Grupo',
  seedsColumn: 'Sementes',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `Pareada por semente: ${counted(pairs, 'par', 'pares')} com ${name}. Média ± intervalo de 95% (t de Student); acurácias em pontos.`,
  differenceNote: 'pareada por semente',
  reference: 'Comparado com',
  ownBaseline: 'Δ para a própria referência sem CoTo',
  against: (group) => `Δ para ${group}`,
  isReference: 'referência',
  noPair: 'nenhuma semente em comum',
  evalLoss: 'Perda de avaliação',
  stepTime: 'Passo (ms)',
  active: 'Camadas ativas %',
  expand: (name) => `Mostrar as execuções de ${name}`,
  collapse: (name) => `Ocultar as execuções de ${name}`,

  curves: 'Curvas',
  notShared: (names) => `Não registrado por todas estas execuções: ${names}.`,
  unsmoothed: 'As avaliações nunca são suavizadas.',
  once: (names) => `Avaliado só uma vez, por isso está nos resultados acima e não é desenhado: ${names}.`,
  sampled: (drawn, all) =>
    `Curvas de ${drawn} de ${runsOf(all)}, tomadas por igual dos grupos. Os resultados acima são de todas as execuções.`,
  noCurves: 'Nenhuma destas execuções registrou algo ainda.',

  differences: 'Diferenças de configuração',
  identical: 'Configurações idênticas',
  setting: 'Configuração',
};
