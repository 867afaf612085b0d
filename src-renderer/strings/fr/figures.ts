import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `Afficher la figure « ${name} » en plein écran`,
  drag: 'Faire glisser la figure en PNG ; avec Maj en SVG, avec Maj et Alt en PDF, avec Alt ses valeurs en CSV',
  savePdf: 'Enregistrer en PDF',
  savePgf: 'Enregistrer en PGF pour LaTeX',
  showValues: 'Afficher les valeurs',
  valuesOf: (name) => `Valeurs de « ${name} »`,
  firstValues: (shown, all) => `Les ${shown} premières valeurs sur ${all}. Enregistrer en CSV les contient toutes.`,
  series: 'Série',
  value: 'Valeur',
  points: (name) => `Points de « ${name} »`,
  pointsRole: 'points, avec les flèches',
  point: (text, place, all) => `${text}. Point ${place} sur ${all}. Entrée le choisit.`,
  menu: (name) => `Copier ou enregistrer la figure « ${name} »`,
  copyImage: 'Copier comme image',
  imageCopied: 'Image copiée',
  saveSvg: 'Enregistrer en SVG',
  savePng: 'Enregistrer en PNG',
  saveCsv: 'Enregistrer en CSV',
  notSaved: 'La figure n’a pas été enregistrée',
  notDrawn: (reason) => `La figure ne peut pas être tracée : ${reason}`,
  atStep: (step) => `étape ${formatCount(step)}`,
  afterSeconds: (seconds) => `après ${seconds} s`,
  atExamples: (examples) => `${formatCount(examples)} exemples`,
};
