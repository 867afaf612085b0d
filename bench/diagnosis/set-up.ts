/** A training of which it is known beforehand whether something is wrong with it. */
export interface SetUp {
  readonly name: string;
  /** Id of the finding; null: nothing is wrong. */
  readonly expected: string | null;
  /** Keys of a run. */
  readonly run: Readonly<Record<string, unknown>>;
  /** Writes the dataset below a folder and returns its path. Absent: a bundled one, which `run` names. */
  readonly data?: (folder: string) => string;
}

/** Images of the bundled base, 16 a step. */
export const images = { eval_samples: 200, per_device_train_batch_size: 16, max_steps: 40 };

/** Short texts of the bundled language model, 4 a step. */
export const texts = {
  model: 'small-llama',
  ...{ per_device_train_batch_size: 4, max_steps: 24, eval_samples: 120, max_length: 32 },
};

/** Answers of the bundled language model: words and how they are said. */
export const answers = { ...texts, dataset: 'pronunciation', max_length: 48, sample_tokens: 32 };

/** Gives each set-up a seed of its own, by its place in the list. */
export function seeded(setUps: readonly SetUp[], first: number): SetUp[] {
  return setUps.map((one, at) => ({ ...one, run: { seed: first + at, ...one.run } }));
}
