import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: '안내서',
  state: (topics, cards) => `${plural(topics, { other: '주제 #개' })} · ${plural(cards, { other: '방법 카드 #개' })}`,
  topics: '사용자 안내서',
  overview: '개요',
  results: '측정 결과',
  search: '안내서 검색…',
  found: (count) => (count === 0 ? '일치하는 주제 없음' : plural(count, { other: '문서 #개' })),
  definitionOf: (text, term) => `${text}: ${term} 정의`,
  closeDefinition: '정의 닫기',
  moreOf: (term) => `안내서에서 더 보기: ${term}`,
  helpFor: (label) => `도움말: ${label}`,
  sheet: '도움말',
  back: '뒤로',
  close: '도움말 닫기',
  openInGuide: '안내서에서 열기',
  missing: '이 문서는 안내서에 없습니다.',
  copyAddress: (title) => `“${title}” 주소 복사`,
};
