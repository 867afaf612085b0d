/**
 * Loaded before `coto`, in its process and in those that it starts: as the row of a report is to be inserted, behind its page, the
 * command is killed.
 */
import { onStatement } from './on-statement.ts';

process.env['COTO_TEST_KILLED'] ??= String(process.pid);
onStatement('INSERT INTO reports', () => process.kill(Number(process.env['COTO_TEST_KILLED']), 'SIGKILL'));
