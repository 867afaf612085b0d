import type { Declaration } from '../../../src-shared/domain/parameter.ts';
import type { AdapterReference, StudyConfig, StudyResult } from '../../../src-shared/domain/study.ts';
import type { AdapterState } from '../adapters/state.ts';
import type { TaskOutputs } from '../evaluation/task-outputs.ts';
import type { MergeBase } from '../merge/run-merge.ts';
import type { Score } from './study-score.ts';

/** What a study may do: read adapters and score them, each pass announced. Passes end with StudioError when cancelled. */
export interface StudyEnvironment {
  readonly base: MergeBase;
  /** Test examples of each pass. */
  readonly examples: number;
  /** The adapter that a reference means; `name` is what messages call it. Read once, kept. */
  adapter(reference: AdapterReference, name: string): Promise<AdapterState>;
  score(state: AdapterState, phase: string): Promise<Score>;
  outputs(state: AdapterState, phase: string): Promise<TaskOutputs>;
}

/** One kind of study: how many passes its config needs, and how it folds them into a result. */
export interface StudyKind<Kind extends StudyConfig['kind'] = StudyConfig['kind']> {
  readonly kind: Kind;
  readonly declaration: Declaration;
  passes(config: Extract<StudyConfig, { kind: Kind }>): number;
  run(
    config: Extract<StudyConfig, { kind: Kind }>,
    environment: StudyEnvironment,
  ): Promise<Extract<StudyResult, { kind: Kind }>>;
}
