// Everything here goes to standard error: standard output belongs to the task (`coto --json` prints one document there).

/** @param {string} text */
export function log(text) {
  process.stderr.write(`[studio] ${text}\n`);
}

/**
 * Ends the process with one clear sentence.
 * @param {string} text
 * @returns {never}
 */
export function fail(text) {
  log(text);
  process.exit(1);
}
