import { exitCodes } from '../exit-codes.ts';

/** A subject of `coto help` that belongs to no single command. */
export interface Topic {
  readonly id: string;
  readonly summary: string;
  /** Paragraphs, and terms with their descriptions. */
  readonly parts: readonly (string | readonly (readonly [term: string, description: string])[])[];
}

/** Every subject, in the order in which `coto help topics` lists them. */
export const topics: readonly Topic[] = [
  {
    id: 'names',
    summary: 'how models, datasets, adapters, runs and studies are named',
    parts: [
      'An argument or option that names a record takes its id, its name, or the path of its file or folder. A path that is not in the library yet is added to it. A run also stands for its adapter.',
      'A name that several records share is rejected with their ids.',
    ],
  },
  {
    id: 'output',
    summary: 'standard output, standard error, --json, --quiet and --no-progress',
    parts: [
      'Standard output has only the answer: a table, a summary, generated text, or with --json one JSON document. Everything else goes to standard error.',
      [
        ['--json', 'The answer as one JSON document. Errors are JSON too: {"error": {code, message, hint, field}}.'],
        [
          '--no-progress',
          'No progress. Without it, a terminal has one line that is overwritten; a log has a line for each tenth of a phase, and one after five minutes without a line.',
        ],
        ['--quiet', 'No progress and no information: only warnings, questions and errors.'],
      ],
    ],
  },
  {
    id: 'exit-codes',
    summary: 'what the exit code of a command means',
    parts: [Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning] as const)],
  },
  {
    id: 'environment',
    summary: 'variables that the command reads',
    parts: [
      [
        ['COTO_STUDIO_HOME', "The studio's folder, if --home does not name one."],
        ['COTO_DEBUG', 'If set, an error is followed by its details.'],
        ['HF_ENDPOINT', 'Address of the hub for coto models get.'],
        ['HF_TOKEN', 'Token for private and gated models.'],
        ['HF_HOME', 'Folder of the Hugging Face caches; HF_HUB_CACHE and HF_DATASETS_CACHE name them one by one.'],
        ['HF_HUB_OFFLINE', 'If 1, nothing is downloaded.'],
        ['COLUMNS', 'Width of help and tables where standard error is no terminal.'],
      ],
    ],
  },
];
