import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml';
import { z } from 'zod';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { describeIssue } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { shortRun } from '../../../src-shared/domain/runs/short-run.ts';
import { checkRun } from './draft.ts';
import { type RecordKind, type RecordNames, referenceOf, resolveReference } from './record-names.ts';

/** Problem in a run's YAML with its position. */
export interface YamlProblem {
  /** From 1. */
  readonly line: number;
  /** The setting's dotted name; null: the text is no YAML. */
  readonly field: string | null;
  readonly message: string;
}

const mapSchema = z.record(z.string(), z.unknown());

/** Settings that refer to a record. */
const references: readonly { readonly path: readonly [string, ...string[]]; readonly kind: RecordKind }[] = [
  { path: ['model'], kind: 'model' },
  { path: ['dataset'], kind: 'dataset' },
  { path: ['adapter', 'init_adapter'], kind: 'adapter' },
];

/** The run as YAML: what differs from the defaults, with names in place of ids where these are unique. */
export function writeRunYaml(config: RunConfig, variants: readonly Declaration[], names: RecordNames): string {
  const { init_adapter: seed } = config.adapter;
  const named: RunConfig = {
    ...config,
    model: referenceOf(names.model, config.model),
    dataset: referenceOf(names.dataset, config.dataset),
    adapter: { ...config.adapter, init_adapter: seed === null ? null : referenceOf(names.adapter, seed) },
  };
  return stringify(shortRun(named, variants), { lineWidth: 0 });
}

/** The run that a YAML text says, by ids; else everything that is wrong with it, line by line. */
export function readRunYaml(
  text: string,
  variants: readonly Declaration[],
  names: RecordNames,
): { readonly config: RunConfig | null; readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return {
      config: null,
      problems: document.errors.map(({ pos, message }) => ({
        line: Math.max(1, lines.linePos(pos[0]).line),
        field: null,
        message: `${message.replace(/[.:]?$/, '')}.`,
      })),
    };
  const problems: YamlProblem[] = [];
  let value: unknown = {};
  try {
    value = document.toJS() ?? {};
  } catch (thrown) {
    // An alias without its anchor is found here only.
    return {
      config: null,
      problems: [{ line: 1, field: null, message: thrown instanceof Error ? thrown.message : '' }],
    };
  }
  const note = (path: readonly PropertyKey[], message: string) =>
    problems.push({ line: lineOf(document, lines, path), field: fieldName(path), message });
  const input = withIds(value, names, note);
  const { config, issues } = checkRun(input, variants);
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        note(
          [...issue.path, key],
          // For the variant's parameters, the issue itself lists the known names.
          issue.path[1] === 'parameters' ? issue.message : describeIssue({ ...issue, keys: [key] }),
        );
    else note(issue.path, issue.path.length === 0 ? 'Write settings as “name: value”.' : describeIssue(issue));
  }
  problems.sort((one, other) => one.line - other.line);
  return { config: problems.length === 0 ? config : null, problems };
}

/** The input with ids where it names records. */
function withIds(
  input: unknown,
  names: RecordNames,
  note: (path: readonly string[], message: string) => void,
): unknown {
  return references.reduce((value, { path, kind }) => replaceAt(value, path, path, kind, names, note), input);
}

function replaceAt(
  value: unknown,
  [key = '', ...rest]: readonly string[],
  path: readonly string[],
  kind: RecordKind,
  names: RecordNames,
  note: (path: readonly string[], message: string) => void,
): unknown {
  const map = mapSchema.safeParse(value).data;
  if (map === undefined || !Object.hasOwn(map, key)) return value;
  const inner = map[key];
  if (rest.length > 0) return { ...map, [key]: replaceAt(inner, rest, path, kind, names, note) };
  if (typeof inner !== 'string') return value;
  const { id, problem } = resolveReference(names[kind], kind, inner);
  if (problem !== null) note(path, problem);
  return { ...map, [key]: id ?? inner };
}

/** The line of the setting, or of the nearest one around it that the text has. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      // A parameter of the variant may stand beside the adapter's other keys.
      if (pair === undefined && key === 'parameters') continue;
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') node = node.items[key];
    else break;
  }
  return Math.max(1, lines.linePos(offset).line);
}

/** `adapter.r` of [adapter, parameters, r], as the form calls it. */
function fieldName(path: readonly PropertyKey[]): string | null {
  const parts = path.map(String);
  if (parts.length === 0) return null;
  return (parts[0] === 'adapter' && parts[1] === 'parameters' ? [parts[0], ...parts.slice(2)] : parts).join('.');
}
