import type { ErrorCode } from '../../src-shared/contract/error-code.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { fileLimits, readBounded } from '../files/foreign-file.ts';
import { parseYaml } from '../files/yaml.ts';

/** The text of a file that a command was given. Throws StudioError naming the file where it cannot be read. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readBounded(path, fileLimits.yaml);
  } catch (thrown) {
    if (thrown instanceof StudioError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code === 'ENOENT') throw new StudioError('not_found', `The file ${path} does not exist.`, 'Check the path.');
    if (code === 'EISDIR') throw refusal('invalid_input', path, 'it is a folder', 'Give a YAML file.');
    if (code === 'EACCES') throw refusal('invalid_input', path, 'this user may not', 'Give yourself the right to.');
    throw refusal('invalid_input', path, thrown instanceof Error ? thrown.message : String(thrown), 'Check the path.');
  }
}

function refusal(code: ErrorCode, path: string, why: string, hint: string): StudioError {
  return new StudioError(code, `The file ${path} cannot be read: ${why}.`, hint);
}

/** Reads a YAML file. Throws StudioError naming the file and the line. */
export async function readYamlFile(path: string): Promise<unknown> {
  return parseYaml(await readTextFile(path), path);
}
