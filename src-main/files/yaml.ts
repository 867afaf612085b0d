import { parse } from 'yaml';
import { StudioError } from '../../src-shared/contract/errors.ts';

/** With merge keys (`<<: *name`). `where` is what the refusal names: a file or an option. */
export function parseYaml(text: string, where: string): unknown {
  try {
    return parse(text, { merge: true });
  } catch (thrown) {
    const [problem = ''] = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n');
    throw new StudioError(
      'invalid_input',
      `${where} is not YAML: ${problem.replace(/:$/, '')}.`,
      'Correct it there: brackets, quotes and indentation must match.',
    );
  }
}
