import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: '오류 행과 레이블 표기 복구',
  trim: '텍스트 앞뒤 공백 제거',
  unescape: 'HTML 엔터티 디코딩',
  'drop-faulty': '오류 행 제외',
  'drop-duplicates': '반복된 행 제외',
  'drop-leaks': '테스트에도 있는 학습 행 제외',
  'drop-near-leaks': '테스트 행과 거의 같은 학습 행 제외',
  'merge-labels': '대소문자나 공백만 다른 레이블 통합',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: '행 표시 방식', preview: '미리보기', edit: '편집' },
  title: '행',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? '없음' : `${formatCount(of)}행 중 ${formatCount(from)}–${formatCount(to)}`}${isWhole ? '' : `(처음 ${rowsOf(read)} 기준)`}`,
  filter: {
    label: '표시할 행',
    all: (count) => `전체 ${formatCount(count)}`,
    faulty: (count) => `오류 ${formatCount(count)}`,
    changed: (count) => `변경 ${formatCount(count)}`,
    'left-out': (count) => `제외 ${formatCount(count)}`,
  },
  sort: { label: '행 순서', file: '파일 순서', problem: '문제순' },
  search: '셀 검색…',
  previous: '이전 행들',
  next: '다음 행들',
  empty: '일치하는 행이 없습니다.',
  row: '행',
  state: '상태',
  states: { train: '학습', test: '테스트', faulty: '오류', 'left-out': '제외' },
  dropSelected: (count) => `${rowsOf(count)} 제외`,
  rowForm: {
    title: '행 편집',
    choose: '표에서 행을 선택하면 셀을 편집할 수 있습니다.',
    apply: '적용',
    revert: '파일 내용으로 복원',
    drop: '제외',
    keep: '되돌리기',
    unreadable: '이 행은 읽을 수 없어 셀을 편집할 수 없습니다. 파일에서 고치거나 제외하세요.',
    role: (role) => `역할: ${role}`,
    unused: '사용 안 함',
    edited: '편집됨',
    cut: (characters) => `${formatCount(characters)}자보다 깁니다. 파일에서 고치세요.`,
    json: 'JSON',
    noJson: 'JSON이 아닙니다. 이 셀은 파일에서 목록, 객체 또는 숫자이며 그 형식을 유지해야 합니다.',
    before: '파일 내용',
    after: '편집 후',
    model: '베이스 모델',
    becomesNone: '이 행은 사용되지 않습니다.',
  },
  steps: {
    title: '단계',
    note: '파일을 읽을 때마다 수행하며 파일은 바뀌지 않습니다',
    none: '단계가 없습니다. 아래에서 행을 편집하거나 모든 행에 대한 단계를 추가하세요.',
    add: '단계 추가',
    undo: '실행 취소',
    redo: '다시 실행',
    remove: (step) => `단계 제거: ${step}`,
    sample: '일부 행 추출…',
    rename: '레이블 이름 변경…',
    rows: '행 수',
    seed: '시드',
    from: '레이블',
    to: '새 이름',
    confirm: '추가',
    cancel: '취소',
    unknown: (text) => `단계를 하나씩 표시할 수 없습니다: ${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `${rowsOf(step.rows)} 추출(시드 ${step.seed})`;
      case 'rename-label':
        return `레이블 이름 변경: “${step.from}” → “${step.to}”`;
      case 'edit':
        return `${step.row}의 ${step.column} 값 설정: ${quoted(step.value)}`;
      case 'drop-row':
        return `${step.row} 제외`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `“${text.length > 80 ? `${text.slice(0, 80)}…` : text}”`;
}
