import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural, rowsOf, tokensOf } from './counts.ts';

export const data: Catalog['data'] = {
  example: (label, index) => `${label}, 예제 ${index}`,
  content: {
    classes: (count) => classesOf(count),
    tags: (count) => plural(count, { other: '태그 #개' }),
    preferences: '선호',
    questions: '질문',
    conversations: '대화',
    prompts: '프롬프트',
    pairs: '쌍',
    numbers: '숫자',
    unlabeled: '레이블 없음',
    split: (count, split) => `${split} ${formatCount(count)}`,
  },
  title: '데이터',
  count: (count) => plural(count, { other: '데이터셋 #개' }),
  list: '데이터셋',
  filter: '데이터셋 필터…',
  noMatch: '일치하는 데이터셋 없음',
  empty:
    '아직 데이터셋이 없습니다. 텍스트 파일(CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), Hugging Face datasets의 save_to_disk로 저장한 폴더, IDX 파일 폴더, 또는 클래스마다 이미지 폴더가 하나씩 있는 폴더를 추가하세요.',
  drop: '텍스트 파일(CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL) 또는 폴더(save_to_disk, 클래스별 이미지, IDX)를 끌어다 놓아 추가',
  add: '데이터 추가',
  addFolder: '폴더(save_to_disk, 클래스별 이미지, IDX)',
  addFile: '텍스트 파일(CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL)',
  chooseFolder: '폴더 선택(save_to_disk, 클래스별 이미지, IDX)',
  chooseFile: '데이터 파일 선택',
  added: '데이터셋 추가됨',
  bundled: '내장',
  draft: '초안',
  unsaved: '저장하지 않은 변경',
  import: '가져오기',
  unanswerable: '답 없음',
  dismiss: '닫기',
  tryAgain: '다시 시도',
  grayscale: '회색조',
  channels: (count) => plural(count, { other: '채널 #개' }),
  pixels: (width, height) => `${width} × ${height}픽셀`,
  rows: (rows, skipped) =>
    skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}, ${plural(skipped, { other: '#행 건너뜀' })}`,
  matchesNothing: (value, rows, column, found) =>
    `처음 ${rowsOf(rows)} 중 ${column} 값이 “${value}”인 행이 없어, 테스트용으로 남길 행이 없습니다. 발견된 값: ${found.join(', ')}.`,
  tooManyFaults: (faulty, rows) =>
    `처음 ${rowsOf(rows)} 중 ${rowsOf(faulty)}에 오류가 있습니다. “문제”에서 행을 고치거나 “오류 행 제외”를 켜세요.`,
  lengths: (examples, median, p95, longest) =>
    `처음 ${plural(examples, { other: '학습 예제 #개' })}: 중앙값 ${formatCount(median)} · p95 ${formatCount(p95)} · 최대 ${formatCount(longest)}토큰.`,
  accounting: {
    title: '열과 행의 용도',
    firstRows: (rows) => `처음 ${rowsOf(rows)} 기준. 데이터셋을 추가할 때 모두 읽습니다`,
    what: '대상',
    is: '용도',
    detail: '세부 사항 또는 이유',
    questions: '역할이 없는 내용',
    questionsNote: '각 열의 역할을 선택하거나 사용하지 않음을 선택하세요',
    choose: '선택…',
    notUsed: '사용 안 함',
    mergeLabels: '레이블 통합',
    unanswered: (column) => `“${column}” 열의 역할을 선택하거나 사용하지 않음을 선택하세요.`,
  },
  problems: '문제',
  problemsNote: (isTooMany) =>
    `${isTooMany ? '확인 없이 건너뛰기에는 행이 너무 많음' : '이 행들은 건너뜀'}. 미리보기일 뿐이며 나머지 행은 가져올 때 검사합니다`,
  byRow: (title) => `${title}(행별)`,
  repairs: {
    repair: (rows) => `${rowsOf(rows)} 복구`,
    offered: '복구하면 바뀌는 내용',
    repaired: '단계로 바뀐 내용',
    inFirstRows: '처음 행들 기준. 데이터셋을 추가할 때 모든 행을 읽습니다',
  },
  truncates: (maxLength, count) => `max_length ${formatCount(maxLength)}에서 ${formatCount(count)}개가 잘립니다.`,
  inWindows: (rows, limit) =>
    `${formatCount(limit)}토큰(max_seq_length)보다 긴 ${plural(rows, { other: '텍스트 #개' })}는 윈도로 나누어 읽습니다.`,
  context: (model, tokens) =>
    tokens >= anyLength
      ? `${model} 모델은 어떤 길이의 텍스트든 읽습니다.`
      : `${model} 모델은 ${formatCount(tokens)}개까지 읽습니다.`,
  conversation: {
    title: '대화',
    excluded: (role) => `${role}(손실에 미포함)`,
    verdicts: { chosen: '선택됨', rejected: '거부됨', wanted: '원함', unwanted: '원하지 않음' },
  },
  tokens: {
    inTemplate: (model) => `텍스트(${model} 채팅 템플릿)`,
    plain: '텍스트(일반)',
    written: '모델이 읽는 텍스트',
    list: '토큰',
    count: (tokens, counted) =>
      counted === null ? tokensOf(tokens) : `${tokensOf(tokens)}, 손실에 ${formatCount(counted)}개`,
    first: (shown) => `처음 ${formatCount(shown)}개 토큰을 표시합니다.`,
    loss: {
      completion: '강조된 토큰이 손실에 반영됩니다.',
      text: '모든 토큰이 손실에 반영됩니다.',
      label: '모델이 이 토큰들을 읽고 레이블을 예측합니다.',
      tags: '강조된 토큰, 즉 각 단어의 첫 토큰에 그 단어의 태그가 주어집니다.',
      answer: '강조된 토큰이 답입니다. 모델은 답의 시작과 끝을 학습합니다.',
      nothing: '모델은 이 토큰들을 읽기만 합니다. 학습할 레이블이 없습니다.',
    },
  },
  duplicates: {
    title: '중복',
    none: '중복이나 누출 없음',
    words: {
      withinTrain: '학습 데이터 내 중복',
      withinTest: '테스트 데이터 내 중복',
      across: '학습/테스트 간 누출',
      nearAcross: '학습과 테스트 간 유사 중복',
    },
    textMeaning: {
      withinTrain: '학습에서 과도한 가중치를 받습니다. 적으면 무해하지만, 많으면 하나씩만 남기세요.',
      withinTest: '모든 점수에서 여러 번 집계됩니다. 하나씩만 남기세요.',
      across: '테스트 점수를 부풀립니다. 둘 중 한쪽에서 제거하세요.',
      nearAcross: '몇 단어를 빼면 같은 텍스트로, 역시 테스트 점수를 부풀립니다. 둘 중 한쪽에서 제거하세요.',
    },
    imageMeaning: {
      withinTrain: '픽셀이 같아 학습에서 과도한 가중치를 받습니다. 적으면 무해하지만, 많으면 하나씩만 남기세요.',
      withinTest: '픽셀이 같아 모든 점수에서 여러 번 집계됩니다. 하나씩만 남기세요.',
      across: '양쪽의 픽셀이 같아 테스트 점수를 부풀립니다. 둘 중 한쪽에서 제거하세요.',
      nearAcross:
        '크기를 바꾸거나 다시 압축한 사본처럼 비슷해 보이며, 역시 테스트 점수를 부풀립니다. 둘 중 한쪽에서 제거하세요.',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? '“문제”에 표시된 파일을 한쪽 분할에서 제거한 뒤 다시 비교하세요.'
        : '이미지를 한쪽 분할에서 제거한 뒤 다시 비교하세요.',
    compared: (images, near) =>
      near < images
        ? `${plural(images, { other: '이미지 #개' })}를 픽셀로, ${plural(near, { other: '#개' })}를 모양으로 비교함`
        : `${plural(images, { other: '이미지 #개' })} 비교함`,
    removeFromTrain: '학습 데이터에서 제거',
    texts: '두 분할에 모두 있는 행',
    text: (kind, train, test) => {
      const both = [train === null ? '학습' : `학습 ${train}`, test === null ? '테스트' : `테스트 ${test}`];
      return `${kind === 'exact' ? '같은 텍스트' : '거의 같음'}: ${both.join(', ')}`;
    },
    reimported: '데이터셋을 다시 가져왔습니다',
    notCompared: '이미지를 아직 서로 비교하지 않았습니다.',
    compare: '중복 찾기',
    again: '다시 비교',
    notFound: '이미지를 비교하지 못했습니다',
    pairs: '중복의 예',
    pair: (kind, one, other) => `${kind === 'exact' ? '같은 픽셀' : '비슷함'}: ${one}, ${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: '레이블 열', add: '추가' },
  template: {
    title: '모델이 읽는 형태',
    model: '미리보기의 베이스 모델',
    noModel: '행을 읽는 형태를 보려면 텍스트를 읽는 베이스 모델을 추가하세요.',
    noRows: '처음 행들 중 읽을 수 있는 것이 없습니다.',
    previous: '이전 행',
    next: '다음 행',
    row: (place, total, where) => `${formatCount(place)} / ${formatCount(total)}: ${where}`,
    lengths: (rows, median, longest) =>
      `처음 ${rowsOf(rows)}: 중앙값 ${formatCount(median)} · 최대 ${formatCount(longest)}토큰.`,
    truncated: (rows, limit) =>
      rows === 0 ? '' : `${rowsOf(rows)}이 ${formatCount(limit)}토큰(max_length)으로 잘립니다.`,
  },
  removeQuestion: (name) => `데이터셋 “${name}”을(를) 목록에서 제거할까요?`,
};
