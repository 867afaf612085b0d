import { describeTokenHead } from './token-heads.ts';

describeTokenHead({
  does: 'that finds answers',
  task: 'QUESTION_ANS',
  model: 'ForQuestionAnswering',
  kind: 'question-answering',
  labels: ['start', 'end'],
  inner: true,
});
