import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { type Draft, differingFields } from './draft.ts';

/**
 * The settings that make the same run from the defaults, as `coto train --set` reads them: the key, then its value as YAML.
 * Model and dataset always, the rest where it differs.
 */
export function trainAssignments(draft: Draft, variants: readonly Declaration[]): [string, string][] {
  const names = differingFields(draft, variants).filter(
    (name) => name !== 'model' && name !== 'dataset' && name !== 'coto',
  );
  const keys = ['model', 'dataset', ...names];
  const assignments = keys.map((name): [string, string] => [name, valueText(draft[name])]);
  // CoTo is off by default: an empty map switches it on, with the defaults of all that no key below it changes.
  if (draft['coto'] === true) assignments.splice(2, 0, ['coto', '{}']);
  return assignments;
}

/** The command that would start the same run, one setting a line, quoted for a POSIX shell. */
export function trainCommand(draft: Draft, variants: readonly Declaration[]): string {
  const settings = trainAssignments(draft, variants).map(([name, value]) => `--set ${quoted(`${name}=${value}`)}`);
  return ['coto train', ...settings].join(' \\\n  ');
}

function quoted(text: string): string {
  return /^[\w./=:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** JSON is YAML; a plain word stays as it is, so that the line reads well. */
function valueText(value: unknown): string {
  return typeof value === 'string' && /^[A-Za-z][\w./-]*$/.test(value) ? value : JSON.stringify(value);
}
