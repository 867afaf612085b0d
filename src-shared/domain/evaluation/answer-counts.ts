import { z } from 'zod';
import { formatCount, plural } from '../../format/numbers.ts';

/** Counts of the assistant's answers in texts that a chat template wrote. */
export const answerCountsSchema = z.object({
  answers: z.number().int().describe('to be learned'),
  unlearned: z.number().int().describe('of them, those without a learned token: the template leaves them out'),
  excluded: z.number().int().describe('answers with weight 0 or train false, which are not in the loss'),
  droppedReasoning: z.number().int().describe('answers whose reasoning the template leaves out'),
});
export type AnswerCounts = z.infer<typeof answerCountsSchema>;

export const noAnswers: AnswerCounts = { answers: 0, unlearned: 0, excluded: 0, droppedReasoning: 0 };

export function addCounts(one: AnswerCounts, other: AnswerCounts | undefined): AnswerCounts {
  if (other === undefined) return one;
  return {
    answers: one.answers + other.answers,
    unlearned: one.unlearned + other.unlearned,
    excluded: one.excluded + other.excluded,
    droppedReasoning: one.droppedReasoning + other.droppedReasoning,
  };
}

/** Returns whether most answers have no learned token. */
export function isMostlyUnlearned({ answers, unlearned }: AnswerCounts): boolean {
  return 2 * unlearned > answers;
}

/** Sentences on the answers that training does not learn, or learns without their reasoning. */
export function answerNotes({ answers, unlearned, excluded, droppedReasoning }: AnswerCounts): string[] {
  const of = (count: number) => `${formatCount(count)} of ${plural(answers, 'answer')}`;
  return [
    ...(unlearned > 0 ? [`The chat template leaves out ${of(unlearned)}, so the loss has none of their tokens.`] : []),
    ...(excluded > 0
      ? [
          `${plural(excluded, 'answer has', 'answers have')} weight 0 or train false and ${excluded === 1 ? 'is' : 'are'} not in the loss.`,
        ]
      : []),
    ...(droppedReasoning > 0
      ? [`The chat template leaves out the reasoning of ${of(droppedReasoning)}, so that reasoning is not learned.`]
      : []),
  ];
}
