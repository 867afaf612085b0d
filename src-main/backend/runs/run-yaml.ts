import { type Document, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import { describeIssues, fieldOfIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { didYouMean, unknownKeys } from '../../../src-shared/contract/unknown-keys.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { checkRunInput } from '../../../src-shared/domain/runs/run-check.ts';
import { shortRun as shortOf } from '../../../src-shared/domain/runs/short-run.ts';
import { adapterVariants } from '../../engine/api/adapters.ts';
import { fileLimits } from '../../files/foreign-file.ts';
import { withPeersKeys } from './peers-keys.ts';

/** Transformers' names for quantizing a base as it is loaded (BitsAndBytesConfig). */
const flags = { load_in_4bit: 'nf4', load_in_8bit: 'int8' } as const;
const isDetail = (key: string) => /^(bnb_4bit_|llm_int8_)/.test(key);

const keysSchema = z.looseObject({ model: z.unknown().optional() });

/**
 * A run without those keys where they ask for nothing (false, or details without a flag).
 * @throws StudioError invalid_input where they ask for it, with the command that makes such a base.
 */
function withoutQuantizedLoading(input: unknown): unknown {
  const run = keysSchema.safeParse(input).data;
  if (run === undefined) return input;
  for (const [flag, type] of Object.entries(flags)) {
    if (run[flag] !== true) continue;
    const base = typeof run.model === 'string' ? run.model : 'BASE';
    const isOther = flag === 'load_in_4bit' && run['bnb_4bit_quant_type'] === 'fp4';
    throw new StudioError(
      'invalid_input',
      `The run quantizes its base as it loads (${flag}: true); here a base is quantized once, and trained on as often as you like.`,
      `Run coto models quantize ${base} --type ${type} (the same values as bitsandbytes'${isOther ? '; fp4 is not supported' : ''}), name the copy as model, and leave ${flag} out.`,
    ).at(flag);
  }
  return Object.fromEntries(Object.entries(run).filter(([key]) => !(key in flags) && !isDetail(key)));
}

const declarations = adapterVariants.map(({ declaration }) => declaration);

/** The run's keys that its file names. */
export function shortRun(config: RunConfig): Record<string, unknown> {
  return shortOf(config, declarations);
}

/** Formats a run as YAML: the keys of `shortRun`. */
export function toYaml(config: RunConfig): string {
  return stringify(shortRun(config), { lineWidth: 0 });
}

/**
 * Parses a run's YAML. Throws StudioError('invalid_input') naming the line of bad YAML, or every bad or unknown key.
 */
export function fromYaml(text: string): RunConfig {
  if (text.length > fileLimits.yaml)
    throw new StudioError('invalid_input', 'The YAML is larger than 0.5 MiB, which no run is.', 'Check the file.');
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem)
    throw new StudioError(
      'invalid_input',
      `The YAML cannot be read: ${spelledOut(problem.message)}.`,
      'Correct it there: brackets, quotes and indentation must match.',
    );
  return checkedRun(parsedValue(document) ?? {});
}

/** The parser reports a nesting that exhausts its stack in the words of the JavaScript engine. */
function spelledOut(message: string): string {
  const [first = ''] = message.split('\n');
  return first.replace(/:$/, '').replace('Maximum call stack size exceeded', 'brackets are nested too deeply');
}

/** Aliases that multiply are refused by the parser while the value is made. */
function parsedValue(document: Document): unknown {
  try {
    return document.toJS();
  } catch (thrown) {
    throw new StudioError(
      'invalid_input',
      `The YAML cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      'Write it without aliases.',
    );
  }
}

/**
 * Validates a run and fills in all defaults, including its variant's. Throws StudioError('invalid_input') naming every
 * bad or unknown key.
 */
export function checkedRun(input: unknown): RunConfig {
  const { config, issues } = checkRunInput(withPeersKeys(withoutQuantizedLoading(input)), declarations);
  if (config) return config;
  const question = didYouMean(unknownKeys(runConfigSchema, { issues }));
  const keys = "Keys are those of Transformers and PEFT; an adapter's go below adapter:, the schedule's below coto:.";
  throw new StudioError(
    'invalid_input',
    `The run is not valid: ${describeIssues({ issues })}.`,
    question === null ? keys : `${question} ${keys}`,
  ).at(fieldOfIssues(issues) ?? 'run');
}
