import { type Draft, differingFields } from './draft.ts';
import { textFromPattern } from './fields.ts';

/**
 * The command that would start the same run, on one line each: model and data set always, the rest where it differs from
 * the default. Lists and maps are written as YAML's flow style, which `--set` reads.
 */
export function trainCommand(draft: Draft): string {
  const names = differingFields(draft).filter((name) => name !== 'model' && name !== 'dataset' && name !== 'coto');
  const settings = ['model', 'dataset', ...(draft['coto'] === true ? cotoSettings(names) : []), ...names];
  return [
    'coto train',
    ...settings.map((name) => (name === 'coto={}' ? "--set 'coto={}'" : `--set ${setting(draft, name)}`)),
  ].join(' \\\n  ');
}

/** CoTo is off by default: an empty map switches it on where none of its own settings does. */
function cotoSettings(names: readonly string[]): string[] {
  return names.some((name) => name.startsWith('coto.')) ? [] : ['coto={}'];
}

function setting(draft: Draft, name: string): string {
  const text = `${name}=${valueText(draft[name])}`;
  return /^[\w./=:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(String).join(', ')}]`;
  if (value !== null && typeof value === 'object') return `{${textFromPattern(value).split('\n').join(', ')}}`;
  return String(value);
}
