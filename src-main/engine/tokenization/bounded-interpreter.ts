import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { filterNamed } from './jinja/filters.ts';
import { memberOf } from './jinja/members.ts';
import { asNegatedTest, asTest, childOf, childrenOf, isNode, type Node, wordOf } from './jinja/nodes.ts';
import { operationNamed } from './jinja/operators.ts';
import { holds } from './jinja/tests.ts';
import { addMethod } from './jinja/text-methods.ts';
import { entriesOf, listOf, mappingOf, textOf, toValue, type Value } from './jinja/values.ts';
import { withPythonStrips } from './jinja-methods.ts';

/** Published templates take a few thousand steps for a long conversation; an endless loop takes any number. */
const MAX_WORK = 10_000_000;
/** Maximum size of a list or text that a template creates. */
const MAX_LENGTH = 10_000_000;
const CHARACTERS_PER_STEP = 16;
/** To ask the clock takes as long as a step. */
const STEPS_BETWEEN_CHECKS = 64;

/**
 * Evaluates a template step by step: every value that it computes is counted, and held to a size. Single-step
 * operations on a value (sorting, comparing, JSON output) are counted by everything that the value contains, before
 * they run. Filters, tests, operators and methods that the library lacks, or has otherwise than Jinja2 on Python, are
 * those of `jinja/`.
 */
export class BoundedInterpreter extends Interpreter {
  private work = 0;
  private steps = 0;
  private parent: Parameters<Interpreter['evaluate']>[0];
  private readonly source: string;
  private readonly check: () => void;
  private readonly written: ReadonlySet<Node>;

  /**
   * @param check called every few steps; throws to stop the template.
   * @param written the expressions that the template writes: their values become texts as Python writes them.
   */
  constructor(environment: Environment, source: string, check: () => void, written: ReadonlySet<Node>) {
    super(environment);
    this.source = source;
    this.check = check;
    this.written = written;
  }

  override evaluate(...[node, environment]: Parameters<Interpreter['evaluate']>): Value {
    if (++this.steps % STEPS_BETWEEN_CHECKS === 0) this.check();
    const { parent } = this;
    this.parent = node;
    try {
      const result = (node && this.asPython(node, environment)) ?? super.evaluate(node, environment);
      // `messages[0]` reads only one entry.
      if (parent?.type === 'MemberExpression') {
        this.count(1);
        const called = Reflect.get(parent, 'computed') === true ? '' : wordOf(childOf(parent, 'property'));
        if (called !== '') addMethod(result, called);
        return withPythonStrips(result);
      }
      // A sort compares each text many times.
      this.count(1 + this.contained(result, 0) / (parent?.type === 'FilterExpression' ? 1 : CHARACTERS_PER_STEP));
      if (parent !== undefined && 'iterable' in parent && parent.iterable === node) return looped(result);
      return node !== undefined && this.written.has(node) ? toValue(textOf(result)) : result;
    } finally {
      this.parent = parent;
    }
  }

  /** The value of a node that is computed here; null for those that the library computes. */
  private asPython(node: Node, environment: Environment): Value | null {
    if (node.type === 'FilterExpression') return this.filtered(node, environment);
    if (node.type === 'TestExpression') {
      const value = this.evaluate(childOf(node, 'operand'), environment);
      const result = holds(wordOf(childOf(node, 'test')), value, undefined);
      return toValue(result !== (Reflect.get(node, 'negate') === true));
    }
    if (node.type === 'MemberExpression') return this.member(node, environment);
    if (node.type === 'ObjectLiteral') return this.mapping(node, environment);
    if (node.type !== 'BinaryExpression') return null;
    const operation = operationNamed(wordOf(childOf(node, 'operator')));
    if (operation === undefined) return null;
    const left = this.evaluate(childOf(node, 'left'), environment);
    return operation(left, this.evaluate(childOf(node, 'right'), environment));
  }

  /** An entry or a method of a value; null for a slice, which the library computes. */
  private member(node: Node, environment: Environment): Value | null {
    const property = childOf(node, 'property');
    if (property.type === 'SliceExpression') return null;
    const isSubscript = Reflect.get(node, 'computed') === true;
    const object = this.evaluate(childOf(node, 'object'), environment);
    const key = isSubscript ? this.evaluate(property, environment).value : Reflect.get(property, 'value');
    return memberOf(object, key, isSubscript);
  }

  /** A mapping with numbers for keys, which the library refuses; null for one without. */
  private mapping(node: Node, environment: Environment): Value | null {
    const entries: unknown = Reflect.get(node, 'value');
    if (!(entries instanceof Map)) return null;
    const keys = [...entries.keys()].filter(isNode);
    if (!keys.some(({ type }) => type === 'IntegerLiteral')) return null;
    const made = toValue({});
    for (const node of keys) {
      const { value: key } = this.evaluate(node, environment);
      if (typeof key !== 'string' && typeof key !== 'number') throw new Error('Keys must be texts or numbers');
      const entry: unknown = entries.get(node);
      if (isNode(entry)) mappingOf(made)?.set(key, this.evaluate(entry, environment));
    }
    return made;
  }

  /** A filter's value: ours, a test with an argument, or null for the library's. */
  private filtered(node: Node, environment: Environment): Value | null {
    const filter = childOf(node, 'filter');
    const name = wordOf(filter.type === 'CallExpression' ? childOf(filter, 'callee') : filter);
    const ours = filterNamed(name);
    const isTest = name.startsWith(asTest);
    if (ours === undefined && !isTest) return null;
    const value = this.evaluate(childOf(node, 'operand'), environment);
    const values: Value[] = [];
    const named = new Map<string, Value>();
    for (const argument of childrenOf(filter, 'args'))
      if (argument.type === 'KeywordArgumentExpression')
        named.set(wordOf(childOf(argument, 'key')), this.evaluate(childOf(argument, 'value'), environment));
      else values.push(this.evaluate(argument, environment));
    if (isTest) {
      const isNegated = name.startsWith(asNegatedTest);
      const result = holds(name.slice((isNegated ? asNegatedTest : asTest).length), value, values[0]);
      return toValue(result !== isNegated);
    }
    return ours?.(value, { values, named, apply: (...given) => this.applied(environment, ...given) }) ?? null;
  }

  /** A filter by its name, as `map` applies it to each entry. */
  private applied(
    environment: Environment,
    name: string,
    value: Value,
    values: readonly Value[],
    named: ReadonlyMap<string, Value>,
  ): Value {
    const scope = new Environment(environment);
    const given = [...values, ...named.values()];
    const names = [...values.map(() => ''), ...named.keys()];
    for (const [at, one] of [value, ...given].entries()) scope.setVariable(`value${at}`, one);
    const list = names.map((key, at) => `${key === '' ? '' : `${key}=`}value${at + 1}`).join(', ');
    if (![name, ...named.keys()].every((word) => /^\w+$/.test(word))) throw new Error(`Unknown filter: ${name}`);
    return this.evaluate(this.expression(`value0 | ${name}${list === '' ? '' : `(${list})`}`), scope);
  }

  private readonly expressions = new Map<string, Node | undefined>();

  private expression(text: string): Node | undefined {
    if (!this.expressions.has(text)) this.expressions.set(text, parse(tokenize(`{{ ${text} }}`)).body[0]);
    return this.expressions.get(text);
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

/** Converts a loop's iterable to the only form that the library accepts: a list, with pairs as lists too. */
function looped(value: Value): Value {
  if (Array.isArray(value.value) && value.value.every(({ type }) => type !== 'TupleValue')) return value;
  return listOf(entriesOf(value).map((entry) => (Array.isArray(entry.value) ? listOf(entry.value) : entry)));
}
