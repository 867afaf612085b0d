import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `図「${name}」を全画面で表示`,
  drag: '図をドラッグするとPNGとして取り出せます。ShiftでSVG、Shift+AltでPDF、Altで値のCSV',
  savePdf: 'PDFを保存',
  savePgf: 'LaTeX用PGFを保存',
  showValues: '値を表示',
  valuesOf: (name) => `「${name}」の値`,
  firstValues: (shown, all) => `全${all}件のうち最初の${shown}件です。CSVを保存するとすべて含まれます。`,
  series: '系列',
  value: '値',
  points: (name) => `「${name}」の点`,
  pointsRole: '点（矢印キーで移動）',
  point: (text, place, all) => `${text}。点${place} / ${all}。Enterで選択します。`,
};
