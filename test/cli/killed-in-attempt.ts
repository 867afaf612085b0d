/** Loaded before `coto job`, in its process: as soon as its attempt has a line of progress, the command is killed. */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { appendFile } = promises;
promises.appendFile = async (file, text) => {
  await appendFile(file, text);
  if (String(file).endsWith('progress.jsonl')) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
