import { scoreEnsemble, scoreOutputs, type TaskOutputs } from '../evaluation/task-outputs.ts';
import { mergeMethod } from '../merge/index.ts';
import { mergeStates } from '../merge/merge-states.ts';
import type { StudyKind } from './study-kind.ts';
import { type Score, studyScore } from './study-score.ts';

/** Same-task adapters of several seeds, alone and merged with equal weights by each method. */
export const mergingStudy: StudyKind<'merging'> = {
  kind: 'merging',
  declaration: {
    id: 'merging',
    label: 'Merging seeds',
    summary: 'What same-task adapters of several seeds score alone, merged by each method, and as an ensemble.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
    parameters: [],
  },
  passes(config) {
    const merges = config.methods.filter((id) => mergeMethod(id).makes === 'adapter').length;
    // An ensemble reuses what its members said alone.
    return config.groups.reduce((total, group) => total + group.adapters.length + merges, 0);
  },
  async run(config, environment) {
    const groups = [];
    for (const { label, coto, adapters } of config.groups) {
      const states = [];
      const outputs: TaskOutputs[] = [];
      for (const [index, reference] of adapters.entries()) {
        const state = await environment.adapter(reference, `Adapter ${index + 1} of ${label}`);
        states.push(state);
        outputs.push(await environment.outputs(state, `Adapter ${index + 1} alone, ${label}`));
      }
      const alone = outputs.map((one) => studyScore(scoreOutputs(one)));
      const weights = states.map(() => 1);
      const merged = [];
      for (const id of config.methods) {
        const method = mergeMethod(id);
        const score =
          method.makes === 'outputs'
            ? ensembleScore(outputs, weights)
            : await environment.score(
                await mergeStates({ method, weights, parameters: {}, base: environment.base }, states),
                `${method.declaration.label}, ${label}`,
              );
        merged.push({ method: id, ...score });
      }
      groups.push({ label, coto, alone, merged });
    }
    return { kind: 'merging', examples: environment.examples, groups };
  },
};

/** The weighted mean of what the members say, scored. All members saw the same examples in the same order. */
export function ensembleScore(outputs: readonly TaskOutputs[], weights: readonly number[]): Score {
  return studyScore(scoreEnsemble(outputs, weights));
}
