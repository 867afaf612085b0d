import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `Abbildung „${name}“ im Vollbild zeigen`,
  drag: 'Die Abbildung als PNG herausziehen; mit Umschalt als SVG, mit Umschalt und Alt als PDF, mit Alt ihre Werte als CSV',
  savePdf: 'PDF speichern',
  savePgf: 'PGF für LaTeX speichern',
  showValues: 'Werte zeigen',
  valuesOf: (name) => `Werte von „${name}“`,
  firstValues: (shown, all) => `Die ersten ${shown} von ${all} Werten. CSV speichern enthält alle.`,
  series: 'Reihe',
  value: 'Wert',
  points: (name) => `Punkte von „${name}“`,
  pointsRole: 'Punkte, mit den Pfeiltasten',
  point: (text, place, all) => `${text}. Punkt ${place} von ${all}. Enter wählt ihn.`,
  menu: (name) => `Abbildung „${name}“ kopieren oder speichern`,
  copyImage: 'Als Bild kopieren',
  imageCopied: 'Bild kopiert',
  saveSvg: 'SVG speichern',
  savePng: 'PNG speichern',
  saveCsv: 'CSV speichern',
  notSaved: 'Die Abbildung wurde nicht gespeichert',
  notDrawn: (reason) => `Die Abbildung kann nicht gezeichnet werden: ${reason}`,
  atStep: (step) => `Schritt ${formatCount(step)}`,
  afterSeconds: (seconds) => `nach ${seconds} s`,
  atExamples: (examples) => `${formatCount(examples)} Beispiele`,
};
