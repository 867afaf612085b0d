/**
 * Loaded before `coto`, in its process and in those that it starts: as soon as the folder of checkpoint 15 has its name, the
 * command is killed.
 */
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

process.env['COTO_TEST_KILLED'] ??= String(process.pid);
const { rename } = promises;
promises.rename = async (from, to) => {
  await rename(from, to);
  if (/(step|last)-000015$/.test(String(to))) process.kill(Number(process.env['COTO_TEST_KILLED']), 'SIGKILL');
};
syncBuiltinESMExports();
