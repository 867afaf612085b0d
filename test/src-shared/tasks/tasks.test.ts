import { describe, expect, it } from 'vitest';
import { taskTypes } from '../../../src-main/engine/tasks/index.ts';
import { noColumns, type TextColumns } from '../../../src-shared/domain/data/dataset.ts';
import { defaultTask, taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { tasks } from '../../../src-shared/tasks/index.ts';

/** Roles that select a task, and the model kinds that tell a language model from others. */
const roles = [
  'text',
  'label',
  'choices',
  'completion',
  'words',
  'rejected',
  'desirable',
  'answers',
  'anchor',
] as const;
const kinds = ['causal-lm', 'embedding', 'text-classification'] as const;

/** The rules of `task: auto` in the order in which version 0.1 checked them. */
function expectedTask(isLanguageModel: boolean, columns: TextColumns): string {
  if (!isLanguageModel && columns.answers !== null) return 'qa';
  if (columns.anchor !== null && (!isLanguageModel || columns.completion === null)) return 'embedding';
  if (!isLanguageModel) return columns.words === null ? 'text-classification' : 'token-classification';
  if (columns.rejected !== null || columns.desirable !== null) return 'preference';
  const isChosen = columns.choices !== null || (columns.label !== null && columns.text !== null);
  return isChosen ? 'multiple-choice' : 'causal-lm';
}

describe('the list of tasks', () => {
  it('gives every combination of columns and model kinds the default task of version 0.1', () => {
    for (const kind of kinds)
      for (let chosen = 0; chosen < 2 ** roles.length; chosen++) {
        const named = roles.filter((_, at) => (chosen >> at) & 1);
        const columns = { ...noColumns, ...Object.fromEntries(named.map((role) => [role, role])) };
        expect(defaultTask({ kind, image: null }, columns), `${kind}: ${named}`).toBe(
          expectedTask(kind === 'causal-lm', columns),
        );
      }
  });

  it('classifies images, whatever the columns', () => {
    const image = { height: 2, width: 2, channels: 1 };
    expect(defaultTask({ kind: 'image-classification', image }, null)).toBe('image-classification');
    expect(defaultTask({ kind: 'embedding', image }, noColumns)).toBe('image-classification');
    expect(defaultTask({ kind: 'causal-lm', image: null }, null)).toBe('image-classification');
  });

  it('has one task of the engine for each declaration, in the same order', () => {
    expect(taskTypes.map(({ declaration }) => declaration)).toEqual([...tasks]);
  });

  it('declares each setting once', () => {
    const own = tasks.flatMap(({ settings }) => Object.keys(settings));
    expect(new Set(own).size).toBe(own.length);
    expect(Object.keys(taskSettingsSchema.shape)).toEqual([
      'task',
      'max_length',
      'prompt_template',
      'chat_template',
      ...own,
    ]);
  });
});
