import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { WorkClock } from '../../files/work-clock.ts';
import { DocumentTemplate } from './document-template.ts';
import type { TaskDocument } from './documents.ts';
import type { Question } from './prepared-task.ts';
import { delimited, needsDelimiter, type PromptForm, promptText, type Turn } from './prompt-form.ts';
import type { TaskFile } from './task-file.ts';

type Target = number | string | (number | string)[];

/** Writes the questions of a task: description, examples and question, joined as lm-eval joins them. */
export class QuestionWriter {
  private readonly task: TaskFile;
  private readonly form: PromptForm;
  private readonly templates: Readonly<
    Record<'text' | 'target' | 'choice' | 'description' | 'prefix', DocumentTemplate | null>
  >;

  constructor(task: TaskFile, clock: WorkClock, form: PromptForm) {
    this.task = task;
    this.form = form;
    const template = (key: string, text: unknown): DocumentTemplate | null =>
      typeof text === 'string' && text !== '' ? new DocumentTemplate(text, `${task.file}: ${key}`, clock) : null;
    this.templates = {
      text: template('doc_to_text', task.doc_to_text),
      target: template('doc_to_target', task.doc_to_target),
      choice: template('doc_to_choice', task.doc_to_choice),
      description: template('description', task.description),
      prefix: template('gen_prefix', task.gen_prefix),
    };
  }

  write(document: TaskDocument, examples: readonly TaskDocument[]): Question {
    const { output_type, fewshot_delimiter } = this.task;
    const system = delimited(this.form.system ?? '', this.render('description', document), fewshot_delimiter);
    const prefix = this.render('prefix', document);
    const turns: Turn[] = [
      ...(system === '' ? [] : [{ role: 'system', content: system, delimiter: '' } as const]),
      ...examples.flatMap((example) => this.example(example)),
      ...this.turns(this.text(document), prefix, ''),
    ];
    const context = promptText(turns, this.form, prefix);
    const target = this.target(document);
    const right = Array.isArray(target) ? target : [target];
    if (output_type === 'multiple_choice') {
      const choices = this.choices(document);
      return {
        context,
        choices,
        continuations: choices.map((choice) => this.delimiterOfChoices() + choice),
        right: right.map((one) => (typeof one === 'number' ? one : choices.indexOf(one))),
      };
    }
    if (output_type !== 'generate_until') {
      const text = String(target);
      // Rolling likelihoods use the text alone, without its context.
      const own = output_type === 'loglikelihood_rolling' ? '' : context;
      return { context: own, choices: [], continuations: [text], right: [text] };
    }
    const choices = this.task.doc_to_choice === undefined ? null : this.choices(document);
    const texts = right.map((one) =>
      typeof one === 'number' && choices !== null ? (choices[one] ?? '') : String(one),
    );
    return { context, choices: [], continuations: [], right: texts };
  }

  /** A chat template ends where the answer begins, unless the answer has begun. */
  private delimiterOfChoices(): string {
    const { target_delimiter, gen_prefix } = this.task;
    return this.form.chat === null || (gen_prefix && !/\s$/.test(gen_prefix)) ? target_delimiter : '';
  }

  /** A document with its answer. */
  private example(document: TaskDocument): Turn[] {
    const target = this.target(document);
    const [first = ''] = Array.isArray(target) ? target : [target];
    const isChoice = typeof first === 'number' && this.task.doc_to_choice !== undefined;
    const answer = isChoice ? (this.choices(document)[first] ?? '') : String(first);
    return this.turns(this.text(document), this.render('prefix', document), answer);
  }

  /** A question, and its answer or how it begins. */
  private turns(text: string, prefix: string, answer: string): Turn[] {
    const { target_delimiter, fewshot_delimiter } = this.task;
    const isDelimited = prefix === '' ? answer !== '' : needsDelimiter(text, prefix);
    const question = { role: 'user', content: text, delimiter: isDelimited ? target_delimiter : '' } as const;
    if (answer !== '')
      return [question, { role: 'assistant', content: delimited(prefix, answer, ' '), delimiter: fewshot_delimiter }];
    return prefix === '' ? [question] : [question, { role: 'assistant', content: prefix, delimiter: '' }];
  }

  private text(document: TaskDocument): string {
    const { text } = this.templates;
    const value = text === null ? this.task.doc_to_text : text.valueFor(document);
    if (typeof value === 'string' && !(this.task.doc_to_choice !== undefined && /^\d+$/.test(value))) return value;
    throw this.fault('doc_to_text', 'must give a text: inputs that differ by choice are not supported');
  }

  private target(document: TaskDocument): Target {
    const { doc_to_target: given, doc_to_choice } = this.task;
    const value = this.templates.target === null ? given : this.templates.target.valueFor(document);
    if (typeof value === 'string' && value !== given && doc_to_choice !== undefined && /^\d+$/.test(value))
      return Number(value);
    if (typeof value === 'string') return (value.endsWith(']') ? parsePythonList(value) : null) ?? value;
    const parsed = z.union([z.number(), z.array(z.union([z.number(), z.string()]))]).safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.fault('doc_to_target', 'must give a text, a number or a list of these');
  }

  private choices(document: TaskDocument): string[] {
    const { doc_to_choice: given } = this.task;
    const value =
      this.templates.choice !== null
        ? this.templates.choice.valueFor(document)
        : typeof given === 'object' && !Array.isArray(given)
          ? Object.values(given)
          : given;
    const list = typeof value === 'string' ? parsePythonList(value) : value;
    const parsed = z.array(z.string()).min(1).safeParse(list);
    if (parsed.success) return parsed.data;
    throw this.fault('doc_to_choice', 'must give a list of texts');
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
