import { existsSync } from 'node:fs';
import path from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { fileLimits, readBounded } from '../../../files/foreign-file.ts';
import type { FunctionReference } from '../function-reference.ts';
import { coqa, record } from './answer-overlap.ts';
import { copa, xcopa } from './copa.ts';
import { crowsPairs } from './crows-pairs.ts';
import { drop } from './drop.ts';
import { gpqaFewShot, gpqaGenerated, gpqaZeroShot, leaderboardGpqa } from './gpqa.ts';
import { hellaswag } from './hellaswag.ts';
import { leaderboardMmluPro, logiqa, logiqa2, medmcqa, medqa } from './lettered-options.ts';
import { math } from './math.ts';
import { mathqa } from './mathqa.ts';
import { mmluPro } from './mmlu-pro.ts';
import { pubmedqa } from './pubmedqa.ts';
import { pythonHash } from './python-source.ts';
import { musr, race } from './race.ts';
import { agieval, arithmetic, cb, mnli, toxigen, utilitarianism, webQuestions } from './small-tasks.ts';
import type { AnswerScorer, TaskFunction, TaskFunctions } from './task-function.ts';
import { truthfulqa } from './truthfulqa.ts';
import { wikitext } from './wikitext.ts';
import { winogrande, xwinograd } from './winogrande.ts';
import { wsc, wsc273, wscT5 } from './wsc.ts';

/** Every task of lm-eval whose Python functions are known. */
export const taskFunctions: readonly TaskFunctions[] = [
  wikitext,
  mmluPro,
  leaderboardMmluPro,
  hellaswag,
  medqa,
  medmcqa,
  pubmedqa,
  logiqa,
  copa,
  mathqa,
  truthfulqa,
  winogrande,
  wsc,
  wscT5,
  wsc273,
  race,
  musr,
  gpqaZeroShot,
  gpqaFewShot,
  gpqaGenerated,
  leaderboardGpqa,
  drop,
  coqa,
  record,
  cb,
  math,
  crowsPairs,
  logiqa2,
  mnli,
  arithmetic,
  webQuestions,
  toxigen,
  utilitarianism,
  xcopa,
  xwinograd,
  agieval,
];

/**
 * Finds the known functions of a reference. A Python file beside the task must have lm-eval's own text.
 * @throws StudioError invalid_file for a function that is not known, or that is another one
 */
export async function findFunctions(file: string, reference: string): Promise<FunctionReference> {
  const known = taskFunctions.filter(({ functions }) => Object.hasOwn(functions, reference));
  if (known.length === 0) throw refusal(file, reference, 'is a function in Python, which is not run');
  const python = path.join(path.dirname(file), `${reference.split('.')[0]}.py`);
  if (!existsSync(python)) return { function: reference, of: known.map(({ id }) => id) };
  const source = await readBounded(python, fileLimits.yaml);
  const same = known.filter(({ functions }) => {
    const { uses = [], hashes = [] } = functions[reference] ?? {};
    const hash = pythonHash(source, uses);
    return hash !== null && hashes.includes(hash);
  });
  if (same.length > 0) return { function: reference, of: same.map(({ id }) => id) };
  throw refusal(file, reference, `is a function in Python that differs from lm-eval's own, and ${python} is not run`);
}

/** The function of a task. @throws StudioError invalid_file where its name tells no task of lm-eval */
export function functionOf(file: string, task: string, { function: reference, of }: FunctionReference): TaskFunction {
  const owners = taskFunctions.filter(({ id }) => of.includes(id));
  const [owner, ...others] = owners.length === 1 ? owners : owners.filter(({ tasks }) => tasks.test(task));
  const found = owner?.functions[reference];
  if (found !== undefined && others.length === 0) return found;
  throw new StudioError(
    'invalid_file',
    `${file}: !function ${reference} is a function of several tasks, and the name ${task} is none of theirs.`,
    "Keep lm-eval's Python file beside the task, or name the task as lm-eval does.",
  );
}

/** The function of a task that scores the answers to its rows; null for one that scores none. */
export function scorerOf(
  file: string,
  task: string,
  reference: FunctionReference | null | undefined,
): AnswerScorer | null {
  if (!reference) return null;
  const used = functionOf(file, task, reference);
  return used.gives === 'likelihood-scores' || used.gives === 'text-scores' ? used : null;
}

function refusal(file: string, reference: string, what: string): StudioError {
  const known = taskFunctions.flatMap(({ id, functions }) => Object.keys(functions).map((name) => `${name} (${id})`));
  return new StudioError(
    'invalid_file',
    `${file}: !function ${reference} ${what}.`,
    `Write what it does into the data and the templates. Known are ${known.join(', ')}.`,
  );
}
