import type { Catalog } from '../catalog.ts';
import { plural, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: 'Läufe vergleichen',
  back: 'Alle Läufe',
  state: (runs, groups) => `${runsOf(runs)} in ${plural(groups, { one: '# Gruppe', other: '# Gruppen' })}`,
  none: 'Diese Läufe gibt es nicht mehr.',
  tooFew: 'Zwei oder mehr Läufe auswählen, um sie zu vergleichen.',
  gone: (count) =>
    plural(count, {
      one: '# Lauf dieses Vergleichs gibt es nicht mehr.',
      other: '# Läufe dieses Vergleichs gibt es nicht mehr.',
    }),
  full: 'Vergleich öffnen',
  legend: 'Gruppen',
  seeds: seedsOf,

  results: 'Ergebnisse',
  resultsNote: 'Mittel ± 95-%-Intervall (Student-t) über Seeds',
  group: 'Gruppe',
  seedsColumn: 'Seeds',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `Gepaart nach Seed: ${plural(pairs, { one: '# Paar', other: '# Paare' })} mit ${name}. Mittel ± 95-%-Intervall (Student-t); Genauigkeiten in Punkten.`,
  differenceNote: 'gepaart nach Seed',
  reference: 'Verglichen mit',
  ownBaseline: 'Δ zur eigenen Baseline ohne CoTo',
  against: (group) => `Δ zu ${group}`,
  isReference: 'Referenz',
  noPair: 'kein gemeinsamer Seed',
  evalLoss: 'Eval-Loss',
  stepTime: 'Schritt (ms)',
  active: 'Aktive Schichten %',
  expand: (name) => `Läufe von ${name} zeigen`,
  collapse: (name) => `Läufe von ${name} ausblenden`,

  curves: 'Kurven',
  notShared: (names) => `Nicht von allen diesen Läufen aufgezeichnet: ${names}.`,
  unsmoothed: 'Evaluationen werden nie geglättet.',
  once: (names) => `Nur einmal evaluiert, daher oben in den Ergebnissen und nicht gezeichnet: ${names}.`,
  sampled: (drawn, all) =>
    `Kurven von ${drawn} von ${plural(all, { one: '# Lauf', other: '# Läufen' })}, gleichmäßig aus den Gruppen. Die Ergebnisse oben sind von allen Läufen.`,
  noCurves: 'Keiner dieser Läufe hat schon etwas aufgezeichnet.',

  differences: 'Unterschiede der Konfiguration',
  identical: 'Gleiche Konfigurationen',
  setting: 'Einstellung',
};
