import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const figures: Catalog['figures'] = {
  fullScreenOf: (name) => `그림 “${name}” 전체 화면으로 보기`,
  drag: '그림을 끌면 PNG, Shift와 함께 끌면 SVG, Shift와 Alt를 함께 누르면 PDF, Alt만 누르면 값의 CSV로 꺼냅니다',
  savePdf: 'PDF 저장',
  savePgf: 'LaTeX용 PGF 저장',
  showValues: '값 보기',
  valuesOf: (name) => `“${name}”의 값`,
  firstValues: (shown, all) => `값 ${all}개 중 처음 ${shown}개입니다. CSV로 저장하면 모두 포함됩니다.`,
  series: '계열',
  value: '값',
  points: (name) => `“${name}”의 점`,
  pointsRole: '점(화살표 키로 이동)',
  point: (text, place, all) => `${text}. 점 ${place} / ${all}. Enter로 선택합니다.`,
  menu: (name) => `그림 “${name}” 복사 또는 저장`,
  copyImage: '이미지로 복사',
  imageCopied: '이미지가 복사됨',
  saveSvg: 'SVG 저장',
  savePng: 'PNG 저장',
  saveCsv: 'CSV 저장',
  notSaved: '그림이 저장되지 않았습니다',
  notDrawn: (reason) => `그림을 그릴 수 없습니다: ${reason}`,
  atStep: (step) => `스텝 ${formatCount(step)}`,
  afterSeconds: (seconds) => `${seconds} s 후`,
  atExamples: (examples) => `예제 ${formatCount(examples)}개`,
};
