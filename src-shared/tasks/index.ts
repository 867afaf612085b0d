import { causalLanguageModeling } from './causal-lm.ts';
import { embedding } from './embedding.ts';
import { imageClassification } from './image-classification.ts';
import { multipleChoice } from './multiple-choice.ts';
import { preference } from './preference.ts';
import { questionAnswering } from './qa.ts';
import { reward } from './reward.ts';
import { textToText } from './seq2seq.ts';
import type { TaskDeclaration } from './task.ts';
import { textClassification } from './text-classification.ts';
import { tokenClassification } from './token-classification.ts';

/** Every task, in display order. */
export const tasks = [
  imageClassification,
  textClassification,
  tokenClassification,
  questionAnswering,
  embedding,
  causalLanguageModeling,
  textToText,
  multipleChoice,
  preference,
  reward,
] as const satisfies readonly TaskDeclaration[];

export type TaskId = (typeof tasks)[number]['id'];

const byId: ReadonlyMap<string, TaskDeclaration> = new Map(tasks.map((task) => [task.id, task]));

/** Returns the declaration of a task. */
export function taskDeclaration(id: TaskId): TaskDeclaration {
  const found = byId.get(id);
  if (found === undefined) throw new RangeError(`There is no task ${id}.`);
  return found;
}
