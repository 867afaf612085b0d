import { Environment, Interpreter } from '@huggingface/jinja';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { addInequality, withPythonStrips } from './jinja-methods.ts';

/** Published templates take a few thousand steps for a long conversation; an endless loop takes any number. */
const MAX_WORK = 10_000_000;
/** Maximum size of a list or text that a template creates. */
const MAX_LENGTH = 10_000_000;
const CHARACTERS_PER_STEP = 16;
/** To ask the clock takes as long as a step. */
const STEPS_BETWEEN_CHECKS = 64;

type Value = ReturnType<Interpreter['evaluate']>;

/**
 * Evaluates a template step by step: every value that it computes is counted, and held to a size. What is done with a value in
 * one step (sorting, comparing, writing as JSON) is counted by all that the value contains, before it is done.
 */
export class BoundedInterpreter extends Interpreter {
  private work = 0;
  private steps = 0;
  private parent: Parameters<Interpreter['evaluate']>[0];
  private readonly source: string;
  private readonly check: () => void;

  /** @param check called every few steps; throws to stop the template. */
  constructor(environment: Environment, source: string, check: () => void) {
    super(environment);
    addInequality();
    this.source = source;
    this.check = check;
  }

  override evaluate(...[node, environment]: Parameters<Interpreter['evaluate']>): Value {
    if (++this.steps % STEPS_BETWEEN_CHECKS === 0) this.check();
    const { parent } = this;
    this.parent = node;
    try {
      const result = super.evaluate(node, environment);
      // Of `messages[0]` nothing but one entry is looked at.
      if (parent?.type === 'MemberExpression') {
        this.count(1);
        return withPythonStrips(result);
      }
      // A sort compares each text many times.
      this.count(1 + this.contained(result, 0) / (parent?.type === 'FilterExpression' ? 1 : CHARACTERS_PER_STEP));
      // Jinja2 loops over what is undefined not at all.
      const isLooped = parent !== undefined && 'iterable' in parent && parent.iterable === node;
      return isLooped && result.type === 'UndefinedValue' ? new Environment().set('', []) : result;
    } finally {
      this.parent = parent;
    }
  }

  private count(work: number): void {
    this.work += work;
    if (this.work > MAX_WORK) throw this.stopped('it does not finish');
  }

  /** Characters and entries of a value, with those that lists in lists hold many times over. */
  private contained({ value }: Value, before: number): number {
    if (typeof value === 'string') return before + this.bounded(value.length);
    const inner = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : null;
    if (inner === null) return before;
    let sum = before + CHARACTERS_PER_STEP * this.bounded(inner.length);
    for (const entry of inner) {
      if (sum > CHARACTERS_PER_STEP * MAX_WORK) throw this.stopped('it does not finish');
      sum = this.contained(entry, sum);
    }
    return sum;
  }

  private bounded(length: number): number {
    if (length > MAX_LENGTH) throw this.stopped('it makes texts or lists of more than ten million entries');
    return length;
  }

  private stopped(reason: string): StudioError {
    return new StudioError(
      'refused',
      `${this.source} was stopped: ${reason}.`,
      'Correct the template, or write the prompt without it.',
    );
  }
}
