import type { Catalog } from '../catalog.ts';

export const tour: Catalog['tour'] = {
  label: '창 둘러보기',
  count: (at, all) => `둘러보기 · ${at} / ${all}`,
  skip: '건너뛰기',
  back: '이전',
  next: '다음',
  done: '완료',
  stops: {
    data: {
      title: '데이터',
      text: '목록에는 앱에 내장된 작은 데이터셋이 있습니다. 여기서 데이터를 추가하거나, 텍스트 파일이나 이미지 폴더를 창에 끌어다 놓으세요.',
    },
    models: {
      title: '베이스 모델',
      text: '작은 베이스가 이미 있습니다. 여기서 모델 폴더나 GGUF 파일을 추가하거나 Hugging Face에서 다운로드하세요.',
    },
    train: {
      title: '실행 설정',
      text: '여기서 베이스, 데이터셋, 레시피를 선택하고 시작하세요. 다른 설정에는 모두 쓸 수 있는 값이 들어 있으며, 설정 옆의 “?”에 설명이 있습니다.',
    },
    results: {
      title: '결과 보기',
      text: '“실행”에는 학습 중인 곡선이 표시됩니다. 학습된 어댑터는 병합하거나, 프루닝하거나, Playground에서 사용해 볼 수 있습니다. “연구”는 CoTo를 사용한 실행과 사용하지 않은 실행을 비교합니다. “도움말” › “창 둘러보기”에서 다시 볼 수 있습니다.',
    },
  },
};
