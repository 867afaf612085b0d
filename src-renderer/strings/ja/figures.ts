import { formatCount } from '../../../src-shared/format/numbers.ts';
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
  menu: (name) => `図「${name}」をコピーまたは保存`,
  copyImage: '画像としてコピー',
  imageCopied: '画像をコピーしました',
  saveSvg: 'SVGを保存',
  savePng: 'PNGを保存',
  saveCsv: 'CSVを保存',
  notSaved: '図は保存されませんでした',
  notDrawn: (reason) => `図を描画できません：${reason}`,
  atStep: (step) => `ステップ${formatCount(step)}`,
  afterSeconds: (seconds) => `${seconds} s後`,
  atExamples: (examples) => `${formatCount(examples)}例`,
};
