/** Loaded before `coto`, in its process: as a fourth run is to be stored as completed, with three that are, the command is killed. */
import { onStatement } from './on-statement.ts';

const completed = new Set<unknown>();
onStatement('UPDATE runs SET name', (row) => {
  if (Reflect.get(Object(row), 'status') !== 'completed') return;
  completed.add(Reflect.get(Object(row), 'id'));
  if (completed.size === 4) process.kill(process.pid, 'SIGKILL');
});
