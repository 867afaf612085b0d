import type { Interpreter, parse, tokenize } from '@huggingface/jinja';
import { testsWithArgument } from './tests.ts';

export type Node = NonNullable<Parameters<Interpreter['evaluate']>[0]>;
type Tokens = ReturnType<typeof tokenize>;

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The child of a node by its name. @throws TypeError where it has none */
export function childOf(node: Node, name: string): Node {
  const child: unknown = Reflect.get(node, name);
  if (!isNode(child)) throw new TypeError(`a ${node.type} has no ${name}`);
  return child;
}

/** The children of a node that are a list. */
export function childrenOf(node: Node, name: string): Node[] {
  const children: unknown = Reflect.get(node, name);
  return Array.isArray(children) ? children.filter(isNode) : [];
}

/** The text of an identifier or an operator. */
export function wordOf(node: Node): string {
  const word: unknown = Reflect.get(node, 'value');
  return typeof word === 'string' ? word : '';
}

/** Statements that are no values; all else within a block is written out. */
const statements = new Set([
  ...['If', 'For', 'Break', 'Continue', 'Set', 'Macro', 'Comment', 'CallStatement', 'FilterStatement'],
]);

/** The expressions whose values a template writes. */
export function writtenNodes(program: ReturnType<typeof parse>): ReadonlySet<Node> {
  const written = new Set<Node>();
  const visit = (node: Node): void => {
    for (const name of ['body', 'alternate', 'defaultBlock'])
      for (const child of childrenOf(node, name)) {
        if (statements.has(child.type)) visit(child);
        else if (child.type !== 'StringLiteral') written.add(child);
      }
  };
  visit(program);
  return written;
}

/** Prefix of filters that stand for tests with an argument. */
export const asTest = 'is ';
export const asNegatedTest = 'is not ';

const opening = new Set(['OpenParen', 'OpenSquareBracket', 'OpenCurlyBracket']);
const closing = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket']);

/** Tests with an argument (`is divisibleby(3)`, `is in names`) as filters, since the library parses none: both bind alike. */
export function withArgumentsOfTests(tokens: Tokens): Tokens {
  const written: Tokens = [];
  const token = (value: string, type: Tokens[number]['type']): Tokens[number] => ({ value, type });
  for (let at = 0; at < tokens.length; at++) {
    const isTest = tokens[at]?.type === 'Identifier' && tokens[at]?.value === 'is' && written.at(-1)?.type !== 'Dot';
    const isNegated = isTest && tokens[at + 1]?.value === 'not';
    const place = at + (isNegated ? 2 : 1);
    const name = tokens[place];
    const end = endOfOperand(tokens, place + 1);
    if (!isTest || name?.type === 'StringLiteral' || !testsWithArgument.has(name?.value ?? '') || end === null) {
      written.push(...tokens.slice(at, at + 1));
      continue;
    }
    const inside = tokens.slice(place + 1, end);
    const isWrapped = inside[0]?.type === 'OpenParen';
    written.push(
      token('|', 'Pipe'),
      token(`${isNegated ? asNegatedTest : asTest}${name?.value}`, 'Identifier'),
      ...(isWrapped ? inside : [token('(', 'OpenParen'), ...inside, token(')', 'CloseParen')]),
    );
    at = end - 1;
  }
  return written;
}

/**
 * Returns the end of the operand that starts at a token: a bracket's partner, or a name or literal with its accesses.
 */
function endOfOperand(tokens: Tokens, start: number): number | null {
  const operands = new Set(['Identifier', 'NumericLiteral', 'StringLiteral']);
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const { type } = tokens[at] ?? { type: 'Text' };
    if (opening.has(type)) depth++;
    else if (closing.has(type)) depth--;
    else if (depth === 0 && !operands.has(type) && type !== 'Dot') return null;
    if (depth < 0) return null;
    const next = tokens[at + 1]?.type ?? 'Text';
    const isCalled = next === 'OpenParen' && type === 'Identifier';
    const goesOn = next === 'Dot' || type === 'Dot' || next === 'OpenSquareBracket' || isCalled;
    if (depth === 0 && !goesOn) return at + 1;
  }
  return null;
}
