import { type Logger, pino, stdTimeFunctions } from 'pino';
import { type ErrorValue, toErrorValue } from '../../src-shared/contract/errors.ts';
import { withoutCredentials } from '../../src-shared/format/without-credentials.ts';
import { DayFile } from './day-file.ts';

const hidden = '[hidden]';
const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|AUTH/i;
/** Shorter ones ("1", "true", "none") occur in ordinary words. */
const shortestSecret = 8;

/**
 * Takes credentials out of a line for the log: values of environment variables that are named like one (HF_TOKEN),
 * tokens of Hugging Face, bearer headers, and the user and password of a URL (PIP_INDEX_URL, HF_ENDPOINT, proxies).
 */
function secretsHider(environment: NodeJS.ProcessEnv): (line: string) => string {
  const values = Object.entries(environment)
    .flatMap(([name, value]) =>
      secretName.test(name) && value !== undefined && value.length >= shortestSecret ? [value] : [],
    )
    // The line is JSON: there a quote or a backslash of the value has a backslash before it.
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .sort((one, other) => other.length - one.length);
  return (line) => {
    let text = line;
    for (const value of values) text = text.replaceAll(value, hidden);
    return withoutCredentials(text)
      .replaceAll(/\bhf_[A-Za-z0-9]{8,}/g, hidden)
      .replaceAll(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`);
  };
}

/** pino's logger: `log.warn({ err }, 'what happened')`. The field `err` may be anything that was thrown. */
export type Log = Logger;

/** A log and its file. */
export interface OpenLog {
  readonly log: Log;
  /** Lets the file go; what is said thereafter is dropped. */
  close(): void;
}

/** The folder of the log files in a home. */
export const logFolder = 'logs';

/** Limit for a message or a stack; both may quote a foreign file. */
const longestText = 8000;

/**
 * Opens the log of one program of the studio: a JSON object a line in `<folder>/<name>-<day>.<part>.log`, bounded in size,
 * without credentials. With COTO_DEBUG set it also tells of requests that were refused.
 */
export function openLog(folder: string, name: 'backend' | 'shell', environment = process.env): OpenLog {
  const file = new DayFile(folder, name);
  const hideSecrets = secretsHider(environment);
  const log = pino(
    {
      level: environment['COTO_DEBUG'] ? 'debug' : 'info',
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: errorFields },
    },
    { write: (line) => file.write(hideSecrets(line)) },
  );
  return { log, close: () => file.close() };
}

/** Writes nowhere: for parts that are used by themselves. */
export const silentLog: Log = pino({ level: 'silent' });

function errorFields(thrown: unknown): ErrorValue {
  const { code, message, hint, details } = toErrorValue(thrown);
  return { code, message: shortened(message), hint, details: details === null ? null : shortened(details) };
}

function shortened(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)} … (${text.length} characters)` : text;
}
