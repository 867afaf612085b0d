import type { Catalog } from '../catalog.ts';
import { plural, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: 'Comparer des runs',
  back: 'Tous les runs',
  state: (runs, groups) => `${runsOf(runs)} en ${plural(groups, { one: '# groupe', other: '# groupes' })}`,
  none: 'Ces runs n’existent plus.',
  tooFew: 'Sélectionner deux runs ou plus pour les comparer.',
  gone: (count) =>
    plural(count, {
      one: '# run de cette comparaison n’existe plus.',
      other: '# runs de cette comparaison n’existent plus.',
    }),
  full: 'Ouvrir la comparaison',
  legend: 'Groupes',
  seeds: seedsOf,

  results: 'Résultats',
  resultsNote: 'moyenne ± intervalle à 95 % (t de Student) sur les graines',
  group: 'Groupe',
  seedsColumn: 'Graines',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `Apparié par graine : ${plural(pairs, { one: '# paire', other: '# paires' })} avec ${name}. Moyenne ± intervalle à 95 % (t de Student) ; exactitudes en points.`,
  differenceNote: 'apparié par graine',
  reference: 'Comparé à',
  ownBaseline: 'Δ par rapport à sa baseline sans CoTo',
  against: (group) => `Δ par rapport à ${group}`,
  isReference: 'référence',
  noPair: 'aucune graine commune',
  evalLoss: 'Perte d’éval.',
  stepTime: 'Étape (ms)',
  active: 'Couches actives %',
  expand: (name) => `Afficher les runs de ${name}`,
  collapse: (name) => `Masquer les runs de ${name}`,

  curves: 'Courbes',
  notShared: (names) => `Non consignés par tous ces runs : ${names}.`,
  unsmoothed: 'Les évaluations ne sont jamais lissées.',
  once: (names) => `Évalués une seule fois, donc dans les résultats ci-dessus et non tracés : ${names}.`,
  sampled: (drawn, all) =>
    `Courbes de ${drawn} sur ${runsOf(all)}, prises également dans les groupes. Les résultats ci-dessus portent sur tous les runs.`,
  noCurves: 'Aucun de ces runs n’a encore rien consigné.',

  differences: 'Différences de config',
  identical: 'Configs identiques',
  setting: 'Réglage',
};
