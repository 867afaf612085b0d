import type { Catalog } from '../catalog.ts';
import { plural, runsOf, studiesOf } from './counts.ts';

/** "실행 4개, 연구 1개" */
function contents(runs: number, studies: number): string {
  const parts = [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])];
  return parts.join(', ') || '–';
}

export const reports: Catalog['reports'] = {
  title: '보고서',
  count: (count) => plural(count, { other: '보고서 #개' }),
  empty:
    '아직 보고서가 없습니다. 보고서는 그림, 표, 설정, 시드, 해시를 담은 하나의 독립된 파일입니다. 여기에서, 또는 실행, 비교, 완료된 연구에서 만드세요.',
  tryDemo: '데모 연구 사용',
  contents,
  create: '보고서 만들기',
  dialog: {
    title: '보고서 만들기',
    name: '제목',
    note: '메모',
    notePlaceholder: '질문한 내용, 알 수 있는 점(선택)',
    sections: '섹션',
    action: '보고서 만들기',
    nothing: '섹션을 하나 이상 선택하세요.',
    noSource: '연구나 실행을 선택하세요.',
    studies: '연구',
    runs: '실행',
    noMatch: '일치하는 것이 없습니다.',
    of: (runs, studies) => `대상: ${contents(runs, studies)}.`,
  },
  failed: '보고서가 만들어지지 않았습니다',
  openInBrowser: '브라우저에서 열기',
  notOpened: '보고서를 열지 못했습니다',
  export: '내보내기',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'LaTeX 표' },
  exported: '보고서를 내보냈습니다',
  noFormat: (format) => `이 보고서에는 ${format} 형식이 없습니다. 이전 버전에서 작성되었습니다.`,
  more: (name) => `${name} 추가 작업`,
  columns: { name: '이름', of: '대상', created: '생성 시각' },
  notExported: '보고서를 내보내지 못했습니다',
  showInFolder: '폴더에서 보기',
  rename: {
    item: '이름 변경…',
    title: '보고서 이름 변경',
    label: '이름',
    confirm: '변경',
    cancel: '취소',
    failed: '보고서 이름이 변경되지 않았습니다',
  },
  remove: '삭제',
  removed: (name) => `“${name}” 삭제됨`,
  notRemoved: '보고서가 삭제되지 않았습니다',
  removeConsequence: '파일이 삭제됩니다. 실행과 연구는 유지됩니다.',
  frame: (name) => `보고서 “${name}”`,
  choose: '보고서를 선택하면 여기서 읽을 수 있습니다.',
  gone: '이 보고서는 더 이상 없습니다.',
  removeQuestion: (name) => `보고서 “${name}”을(를) 삭제할까요?`,
};
