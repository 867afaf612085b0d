import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { WorkClock } from '../../files/work-clock.ts';
import { DocumentTemplate } from './document-template.ts';
import type { TaskDocument } from './documents.ts';
import type { Question } from './prepared-task.ts';
import { parsePythonList } from './python-literal.ts';
import type { TaskFile } from './task-file.ts';

type Target = number | string | (number | string)[];

/** Writes the questions of a task: description, examples and question, joined as lm-eval joins them. */
export class QuestionWriter {
  private readonly task: TaskFile;
  private readonly templates: Readonly<
    Record<'text' | 'target' | 'choice' | 'description' | 'prefix', DocumentTemplate | null>
  >;

  constructor(task: TaskFile, clock: WorkClock) {
    this.task = task;
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
    const { output_type, target_delimiter } = this.task;
    const description = this.render('description', document);
    const before = examples.map((example) => this.example(example)).join('');
    const context = description + before + this.asked(document);
    const target = this.target(document);
    const right = Array.isArray(target) ? target : [target];
    if (output_type === 'multiple_choice') {
      const choices = this.choices(document);
      return {
        context,
        choices,
        continuations: choices.map((choice) => target_delimiter + choice),
        right: right.map((one) => (typeof one === 'number' ? one : choices.indexOf(one))),
      };
    }
    if (output_type !== 'generate_until') {
      const text = String(target);
      // Of a whole text the text alone, whatever is before it.
      const own = output_type === 'loglikelihood_rolling' ? '' : context;
      return { context: own, choices: [], continuations: [text], right: [text] };
    }
    const choices = this.task.doc_to_choice === undefined ? null : this.choices(document);
    const texts = right.map((one) =>
      typeof one === 'number' && choices !== null ? (choices[one] ?? '') : String(one),
    );
    return { context, choices: [], continuations: [], right: texts };
  }

  /** A document with its answer. */
  private example(document: TaskDocument): string {
    const { target_delimiter, fewshot_delimiter } = this.task;
    const text = this.text(document);
    const target = this.target(document);
    const [first = ''] = Array.isArray(target) ? target : [target];
    const answer =
      typeof first === 'number' && this.task.doc_to_choice !== undefined
        ? this.choices(document)[first]
        : String(first);
    const prefix = this.render('prefix', document);
    const delimiter = prefix === '' || needsDelimiter(text, prefix) ? target_delimiter : '';
    const joined = prefix !== '' && needsDelimiter(prefix, answer ?? '') ? `${prefix} ` : prefix;
    return `${text}${delimiter}${joined}${answer ?? ''}${fewshot_delimiter}`;
  }

  private asked(document: TaskDocument): string {
    const text = this.text(document);
    const prefix = this.render('prefix', document);
    return text + (prefix !== '' && needsDelimiter(text, prefix) ? this.task.target_delimiter : '') + prefix;
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

/** Whether neither text has white space where they meet. */
function needsDelimiter(before: string, after: string): boolean {
  return before !== '' && !/\s$/.test(before) && !/^\s/.test(after);
}
