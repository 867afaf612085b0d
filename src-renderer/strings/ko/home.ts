import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: '홈',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join(', '),
  tryAgain: '다시 시도',

  now: '현재',
  nothing: '실행 중인 작업이 없습니다.',
  startRun: '실행 설정',
  starting: '시작 중',
  cancel: '취소',
  cancelJob: (title) => `${title} 취소`,
  progressOf: (title) => `${title} 진행률`,
  liveLoss: '실행 중인 작업의 학습 손실',
  liveStrip: '실행 중인 작업의 활성 층',
  queue: '대기열',
  queued: (count) => jobsOf(count),
  left: (duration) => `모두 약 ${duration}`,
  partsOfStudies: (count) => plural(count, { other: '그리고 연구의 일부 #개' }),
  more: (count) => plural(count, { other: '외 #개' }),
  pauseQueue: '대기열 정지',
  resumeQueue: '대기열 재개',
  pauseHelp: '실행 중인 작업은 계속됩니다. 대기열을 재개할 때까지 다음 학습이나 연구가 시작되지 않습니다.',
  move: (title) => `${title} 이동`,
  moveHelp: '끌거나 위아래 화살표 키로 순서 변경',

  away: '자리를 비운 동안',
  attention: '확인 필요',
  finishedCount: (count) => plural(count, { other: '#개 완료' }),
  interruptedCount: (count) => plural(count, { other: '#개 중단' }),
  failedCount: (count) => plural(count, { other: '#개 실패' }),
  pausedByQuitting: (count) => `종료할 때 ${runsOf(count)} 일시 정지됨`,
  pausedCount: (count) => plural(count, { other: '#개 일시 정지' }),
  resume: '재개',
  resumeOne: (name) => `${name} 재개`,
  resumeAll: '모두 재개',
  dismiss: '닫기',
  dismissOne: (name) => `${name} 닫기`,
  dismissAll: '모두 닫기',
  dismissed: (count) => plural(count, { other: '항목 #개 닫음' }),
  runNotResumed: '실행이 재개되지 않았습니다',
  studyNotResumed: '연구가 재개되지 않았습니다',
  quitDuring: '이 실행 중에 CoTo Studio가 종료되었습니다.',
  notStarted: '시작 안 됨',
  step: (step, total) =>
    total === null ? `스텝 ${formatCount(step)}` : `스텝 ${formatCount(step)} / ${formatCount(total)}`,

  checklist: {
    title: '시작하기',
    note: '내장 모델과 데이터로 오프라인에서 동작',
    progress: (done, all) => `${done} / ${all} 완료`,
    allDone: '모두 완료되었습니다.',
    done: '완료:',
    running: '실행 중…',
    demo: {
      title: '데모 연구 실행',
      text: '시드 두 개로 CoTo를 사용한 LoRA와 사용하지 않은 LoRA를 학습한 뒤, 어댑터를 병합, 보간, 프루닝하고 보고서를 작성합니다. 코어 두 개에서 빠른 데모는 최대 1분, 전체 데모는 하드웨어에 따라 3~20분 걸립니다.',
    },
    report: {
      title: '보고서 보기',
      text: '비교와 그림, 설정, 해시를 담은 파일 하나입니다. 여기서 열립니다.',
      action: '보고서 열기',
      none: '데모가 끝나면 볼 수 있습니다.',
    },
    data: {
      title: '데이터 추가',
      text: '텍스트 파일(CSV, JSONL, Parquet 등), 또는 클래스마다 이미지 폴더가 하나씩 있는 폴더.',
      action: '데이터셋 추가',
    },
    model: {
      title: '모델 추가',
      text: 'Hugging Face 모델 폴더, GGUF 파일, 또는 허브에서 다운로드.',
      action: '모델 추가',
    },
    merge: {
      title: '첫 병합',
      text: '같은 베이스의 어댑터 두 개를 작업대로 끌어다 놓고 “병합”을 누르세요.',
      action: '병합 열기',
    },
  },

  demo: {
    title: '데모 연구',
    note: '내장 베이스와 데이터',
    text: 'CoTo를 사용한 LoRA와 사용하지 않은 LoRA를 시드 두 개씩 학습하고 병합, 프루닝한 뒤 보고서를 작성합니다.',
    length: '데모 연구의 길이',
    quick: '빠름',
    full: '전체',
    start: '데모 연구 시작',
    notStarted: '데모 연구가 시작되지 않았습니다',
    queued: '데모 연구가 대기열에 추가됨',
    contents: (runs, studies) => `${runsOf(runs)}와 ${studiesOf(studies)}`,
  },

  findings: {
    title: '데모 완료',
    metric: '지표',
    difference: '차이',
    note: (pairs) =>
      pairs < 2
        ? '차이: CoTo 사용 시에서 미사용 시를 뺀 값.'
        : '차이: CoTo 사용 시에서 미사용 시를 뺀 값, 시드별 대응. ±는 95% 구간의 절반.',
    open: '보고서 열기',
  },

  goOn: {
    title: '계속하기',
    report: '마지막 보고서',
    comparison: '마지막 비교',
    comparedRuns: (count) => runsOf(count),
    bench: '병합 작업대',
    adapters: (count) => adaptersOf(count),
  },

  machine: {
    title: '이 컴퓨터',
    settings: '설정',
    backend: '계산 백엔드',
    memory: '메모리',
    gpuMemory: 'GPU 메모리',
    gpuHelp: (name) => `${name}: 모든 프로그램의 메모리 사용률`,
    gpuUtilization: 'GPU 사용률',
    memoryHelp: '백엔드의 메모리 사용률',
    of: (used, total) => `${used} / ${total}`,
    storage: '사용한 저장 공간',
    detecting: '감지 중…',
    disk: '남은 디스크',
  },

  recent: {
    title: '최근 실행',
    all: '모든 실행',
    label: '최근 실행',
    columns: { name: '실행', score: '점수', step: '스텝', finished: '종료' },
    withCoto: 'CoTo 사용',
    scoreHelp: '정확도. 언어 모델은 완전 일치 또는 퍼플렉서티',
    stepHelp: '옵티마이저 한 스텝의 실제 시간 중앙값',
  },
  jobNotStopped: '실행이 중지되지 않았습니다',
  jobNotMoved: '작업이 이동되지 않았습니다',
  queueNotChanged: '대기열이 변경되지 않았습니다',
  cancelEndsAtOnce: '즉시 끝나며 아무것도 저장되지 않습니다.',
};
