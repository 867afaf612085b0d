import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural } from './counts.ts';

export const models: Catalog['models'] = {
  title: '모델',
  count: (count) => plural(count, { other: '베이스 모델 #개' }),
  list: '베이스 모델',
  filter: '모델 필터…',
  noMatch: '일치하는 모델 없음',
  empty: '아직 모델이 없습니다. Hugging Face 폴더(config.json과 safetensors) 또는 GGUF 파일을 추가하세요.',
  drop: '모델 폴더(config.json과 safetensors) 또는 GGUF 파일을 끌어다 놓아 추가',
  download: 'Hugging Face에서 다운로드…',
  add: '모델 폴더 추가',
  addGguf: 'GGUF 파일 추가…',
  chooseFolder: 'Hugging Face 모델 폴더 선택',
  chooseGguf: 'GGUF 파일 선택',
  added: '모델 추가됨',
  known: '이미 목록에 있음',
  bundled: '내장',
  folderGone: {
    message: '이 모델의 폴더가 없거나 읽을 수 없어 학습할 수 없습니다.',
    hint: '폴더를 복원하거나 목록에서 모델을 제거하세요.',
  },
  rename: {
    item: '이름 변경…',
    title: '베이스 모델 이름 변경',
    label: '이름',
    confirm: '변경',
    cancel: '취소',
    failed: '모델 이름이 변경되지 않았습니다',
  },
  weightFormat: '가중치',
  weightFormatHelp: 'GGUF 파일은 메모리에서도 양자화된 상태를 유지합니다. safetensors는 손실 없이 병합하고 내보냅니다.',
  dismiss: '닫기',
  tryAgain: '다시 시도',
  quantize: {
    action: '양자화…',
    title: (name) => `${name} 양자화`,
    help: '베이스의 더 작은 사본을 만듭니다. 베이스 자체는 유지됩니다. 어댑터를 사본에서 훨씬 적은 메모리로 학습할 수 있지만 정확도가 다소 낮아집니다.',
    type: '유형',
    choice: (label, sizes) => (sizes === '' ? label : `${label}: ${sizes}`),
    sizes: (before, after) =>
      `${formatBytes(before)} 대신 ${formatBytes(after)}(${Math.round((100 * after) / before)}%)`,
    name: '이름',
    cancel: '취소',
    start: '양자화',
    from: '양자화 원본',
  },
  addTokens: {
    action: '토큰 추가…',
    title: (name) => `${name} 토큰 추가`,
    help: '토크나이저에 이 토큰들이 포함된 베이스의 사본을 만듭니다. 베이스 자체는 유지됩니다. 임베딩과 헤드의 해당 행은 다른 모든 행의 평균으로 시작하므로, 실행의 “학습할 토큰”으로 학습하세요.',
    tokens: '토큰',
    tokensHelp: '한 줄에 토큰 하나.',
    special: '특수 토큰',
    specialHelp: '채팅 템플릿의 표시처럼 생성된 텍스트에서 제외됩니다.',
    name: '이름',
    cancel: '취소',
    start: '토큰 추가',
    noText: '이 모델은 텍스트를 읽지 않습니다.',
  },
  layers: (layers, width, encoder) =>
    `${plural(layers, { other: '#층' })}${encoder === null ? '' : `(인코더 ${encoder}, 디코더 ${layers - encoder})`} · 은닉 크기 ${formatCount(width)}`,
  experts: (count) => `전문가가 있는 층마다 ${formatCount(count)}개`,
  roles: { head: '과제 헤드', expert: '전문가', adapter: '어댑터' },
  roleHelp:
    '과제 헤드는 전체를 학습합니다. 전문가는 target_parameters로, 나머지는 target_modules로 어댑터를 적용합니다.',
  classes: (count) => classesOf(count),
  ignoredImages: '사용 안 함: 텍스트 모델만 있습니다',
  unusedHead: (architecture) => `사용 안 함: ${architecture}의 헤드`,
  textInput: (positions, vocabulary) =>
    `텍스트, ${positions >= anyLength ? '길이 제한 없음' : `최대 ${formatCount(positions)}토큰`}, 어휘 ${formatCount(vocabulary)}개`,
  asTheyAre: '그대로',
  memoryToTrain: '학습 메모리',
  memoryNote: (tokens, free, device) =>
    `모든 선형층에 LoRA r 16${tokens === null ? '' : `, ${formatCount(tokens)}토큰`}. 현재 ${device === null ? '' : `${device}에 `}${free} 남음`,
  trainWith: (batch, checkpointing) => `배치 ${batch}로 미세 조정${checkpointing ? ', 그래디언트 체크포인팅' : ''}`,
  batch: '배치',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps: 유효 배치는 같습니다',
  batchOf: (size, accumulation) => `${size} × ${accumulation}`,
  checkpointing: '그래디언트 체크포인팅',
  parameters: (count) => `파라미터 ${count}`,
  plannedMemory: (bytes, batch, free) =>
    `모든 선형층에 LoRA r 16으로 학습하려면 남은 ${free} 중 ${bytes}(배치 ${batch})가 필요합니다:`,
  on: '켬',
  off: '끔',
  memory: '메모리',
  verdict: '이 컴퓨터에서',
  verdicts: { fits: '충분', tight: '빠듯함', 'does not fit': '부족' },
  trainsIn: (memory) => `학습에 ${memory}`,
};
