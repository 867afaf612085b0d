import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { WorkClock } from '../../files/work-clock.ts';
import { DocumentTemplate } from './document-template.ts';
import { functionReferenceSchema } from './function-reference.ts';
import { functionOf } from './functions/index.ts';
import { textsOf } from './functions/python-text.ts';
import type { TaskFunction } from './functions/task-function.ts';
import type { Question } from './prepared-task.ts';
import { delimited, needsDelimiter, type PromptForm, promptText, type Turn } from './prompt-form.ts';
import type { TaskDocument } from './task-document.ts';
import type { TaskFile } from './task-file.ts';

type Target = number | string | (number | string)[];

/** A field of a task: as given, and the template or function of a row that it is, if any. */
interface Field {
  readonly given: unknown;
  readonly at: Pick<DocumentTemplate, 'valueFor'> | null;
  /** For messages. */
  readonly key: string;
}

type Fields = Readonly<Record<'text' | 'target' | 'choice', Field>>;

/** Result of a task's process_results by the kind of its answers. */
const resultsOf: Readonly<Record<TaskFile['output_type'], TaskFunction['gives'] | null>> = {
  multiple_choice: 'likelihood-scores',
  generate_until: 'text-scores',
  loglikelihood_rolling: 'counted-text',
  loglikelihood: null,
};

/** Writes the questions of a task: description, examples and question, joined as lm-eval joins them. */
export class QuestionWriter {
  private readonly task: TaskFile;
  private readonly form: PromptForm;
  private readonly templates: Readonly<Record<'description' | 'prefix', DocumentTemplate | null>>;
  /** Fields of a question, and of an example before it. */
  private readonly fields: Readonly<Record<'question' | 'example', Fields>>;
  /** True if a filter looks for a row's choices in a generated text. */
  private readonly looksForOptions: boolean;
  /** The task's process_results. */
  private readonly results: TaskFunction | null;

  constructor(task: TaskFile, clock: WorkClock, form: PromptForm) {
    this.task = task;
    this.form = form;
    const template = (key: string, text: unknown): DocumentTemplate | null =>
      typeof text === 'string' && text !== '' ? new DocumentTemplate(text, `${task.file}: ${key}`, clock) : null;
    this.templates = {
      description: template('description', task.description),
      prefix: template('gen_prefix', task.gen_prefix),
    };
    const field = (key: string, given: unknown): Field => {
      const reference = functionReferenceSchema.safeParse(given).data;
      if (reference === undefined) return { given, at: template(key, given), key };
      const used = functionOf(task.file, task.task, reference);
      if (used.gives !== 'field') throw this.fault(key, `cannot be !function ${reference.function}`);
      return { given, at: { valueFor: used.field }, key };
    };
    const { doc_to_text, doc_to_target, doc_to_choice, fewshot_config } = task;
    const question = {
      text: field('doc_to_text', doc_to_text),
      target: field('doc_to_target', doc_to_target),
      choice: field('doc_to_choice', doc_to_choice),
    };
    const own = (key: 'doc_to_text' | 'doc_to_target' | 'doc_to_choice', usual: Field) =>
      fewshot_config?.[key] === undefined ? usual : field(`fewshot_config.${key}`, fewshot_config[key]);
    const example = {
      text: own('doc_to_text', question.text),
      target: own('doc_to_target', question.target),
      choice: own('doc_to_choice', question.choice),
    };
    this.fields = { question, example };
    const steps = task.filter_list?.flatMap(({ filter }) => filter) ?? [];
    this.looksForOptions =
      task.output_type === 'generate_until' && steps.some((step) => step.function === 'multi_choice_regex');
    this.results = task.process_results ? functionOf(task.file, task.task, task.process_results) : null;
    if (this.results !== null && this.results.gives !== resultsOf[task.output_type])
      throw this.fault('process_results', `cannot be !function ${task.process_results?.function}`);
  }

  write(document: TaskDocument, examples: readonly TaskDocument[]): Question {
    const { output_type, fewshot_delimiter } = this.task;
    const { question } = this.fields;
    const system = delimited(this.form.system ?? '', this.render('description', document), fewshot_delimiter);
    const prefix = this.render('prefix', document);
    const before: Turn[] = [
      ...(system === '' ? [] : [{ role: 'system', content: system, delimiter: '' } as const]),
      ...examples.flatMap((example) => this.example(example)),
    ];
    const contextOf = (text: string, delimiter?: string) =>
      promptText([...before, ...this.turns(text, prefix, '', delimiter)], this.form, prefix);
    const input = this.input(document, question);
    const scored = this.isScored() ? { row: document } : {};
    const optional = this.looksForOptions ? { options: textsOf(document, 'choices') } : {};
    if (typeof input === 'number') {
      const choices = this.choices(document, question);
      const continuation = `${this.delimiterOfChoices()}${this.target(document, question)}`;
      const contexts = choices.map((choice) => contextOf(choice, ''));
      return {
        context: '',
        contexts,
        choices,
        continuations: choices.map(() => continuation),
        right: [input],
        ...scored,
      };
    }
    const context = contextOf(input);
    // A generated text is scored by the row itself.
    if (output_type === 'generate_until' && this.isScored())
      return { context, choices: [], continuations: [], right: [], ...scored, ...optional };
    const target = this.target(document, question);
    const right = Array.isArray(target) ? target : [target];
    if (output_type === 'multiple_choice') {
      const choices = this.choices(document, question);
      return {
        context,
        choices,
        continuations: choices.map((choice) => this.delimiterOfChoices() + choice),
        right: right.map((one) => (typeof one === 'number' ? one : choices.indexOf(one))),
        ...scored,
      };
    }
    if (output_type !== 'generate_until') {
      const text = String(target);
      // Rolling likelihoods use the text alone, without its context.
      const own = output_type === 'loglikelihood_rolling' ? '' : context;
      const counted = this.results?.gives === 'counted-text' ? { counted: this.results.countedText(document) } : {};
      return { context: own, choices: [], continuations: [text], right: [text], ...counted };
    }
    const choices = question.choice.given === undefined ? null : this.choices(document, question);
    const texts = right.map((one) =>
      typeof one === 'number' && choices !== null ? (choices[one] ?? '') : String(one),
    );
    return { context, choices: [], continuations: [], right: texts, ...optional };
  }

  /** Returns true if the task's own function scores the answers. */
  private isScored(): boolean {
    return this.results !== null && this.results.gives !== 'counted-text';
  }

  /** A chat template ends where the answer begins, unless the answer has begun. */
  private delimiterOfChoices(): string {
    const { target_delimiter, gen_prefix } = this.task;
    return this.form.chat === null || (gen_prefix && !/\s$/.test(gen_prefix)) ? target_delimiter : '';
  }

  /** A document with its answer. */
  private example(document: TaskDocument): Turn[] {
    const { example } = this.fields;
    const target = this.target(document, example);
    const [first = ''] = Array.isArray(target) ? target : [target];
    const isChoice = typeof first === 'number' && example.choice.given !== undefined;
    const answer = isChoice ? (this.choices(document, example)[first] ?? '') : String(first);
    const input = this.input(document, example);
    const text = typeof input === 'number' ? (this.choices(document, example)[input] ?? '') : input;
    return this.turns(text, this.render('prefix', document), answer);
  }

  /** A question, and its answer or how it begins. */
  private turns(text: string, prefix: string, answer: string, delimiter = this.task.target_delimiter): Turn[] {
    const { fewshot_delimiter } = this.task;
    const isDelimited = prefix === '' ? answer !== '' : needsDelimiter(text, prefix);
    const question = { role: 'user', content: text, delimiter: isDelimited ? delimiter : '' } as const;
    if (answer !== '')
      return [question, { role: 'assistant', content: delimited(prefix, answer, ' '), delimiter: fewshot_delimiter }];
    return prefix === '' ? [question] : [question, { role: 'assistant', content: prefix, delimiter: '' }];
  }

  /** The text of a question, or the index of the right one of inputs that differ by choice. */
  private input(document: TaskDocument, { text, choice }: Fields): string | number {
    const value = text.at === null ? text.given : text.at.valueFor(document);
    const isRendered = typeof text.given === 'string' && !Object.hasOwn(document, text.given);
    const isIndex = typeof value === 'number' || (isRendered && /^\d+$/.test(String(value)));
    if (typeof value === 'string' && !(isIndex && choice.given !== undefined)) return value;
    if (isIndex && choice.given !== undefined && this.task.output_type === 'multiple_choice') return Number(value);
    throw this.fault(text.key, 'must give a text: only inputs of multiple_choice can differ by choice');
  }

  private target(document: TaskDocument, { target: { given, at, key }, choice }: Fields): Target {
    const value = at === null ? given : at.valueFor(document);
    if (typeof value === 'string' && value !== given && choice.given !== undefined && /^\d+$/.test(value))
      return Number(value);
    if (typeof value === 'string') return (value.endsWith(']') ? parsePythonList(value) : null) ?? value;
    const parsed = z.union([z.number(), z.array(z.union([z.number(), z.string()]))]).safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.fault(key, 'must give a text, a number or a list of these');
  }

  private choices(document: TaskDocument, { choice: { given, at, key } }: Fields): string[] {
    const value =
      at !== null
        ? at.valueFor(document)
        : typeof given === 'object' && given !== null && !Array.isArray(given)
          ? Object.values(given)
          : given;
    const list = typeof value === 'string' ? parsePythonList(value) : value;
    const parsed = z.array(z.string()).min(1).safeParse(list);
    if (parsed.success) return parsed.data;
    throw this.fault(key, 'must give a list of texts');
  }

  private render(name: 'description' | 'prefix', document: TaskDocument): string {
    const value = this.templates[name]?.valueFor(document) ?? '';
    return typeof value === 'string' ? value : String(value);
  }

  private fault(key: string, what: string): StudioError {
    return new StudioError('invalid_file', `${this.task.file}: ${key} ${what}.`);
  }
}

/**
 * A list of texts and numbers as Python writes it, e.g. "['yes', 'no']"; null: the text is none. Backslashes are read as in
 * JSON.
 */
function parsePythonList(text: string): (string | number)[] | null {
  const inner = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1];
  if (inner === undefined) return null;
  const item = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?))\s*(,|$)/sy;
  const items: (string | number)[] = [];
  while (item.lastIndex < inner.length) {
    const at = item.lastIndex;
    const [, single, double, number] = item.exec(inner) ?? [];
    const quoted = single ?? double;
    if (quoted !== undefined) items.push(unescaped(quoted));
    else if (number !== undefined) items.push(Number(number));
    else return inner.slice(at).trim() === '' ? items : null;
  }
  return items;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[\da-f]{2}|u[\da-f]{4}|.)/gis, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
}
