// Everything here goes to standard error: standard output belongs to the task (`coto --json` prints one document there).
export function say(text) {
  process.stderr.write(`[studio] ${text}\n`);
}

/** Ends the process with one clear sentence. */
export function fail(text) {
  say(text);
  process.exit(1);
}
