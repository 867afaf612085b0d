import { withoutCredentials } from '../../src-shared/format/without-credentials.ts';

const hidden = '[hidden]';
const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL|AUTH/i;
/** Shorter ones ("1", "true", "none") occur in ordinary words. */
const shortestSecret = 8;

/**
 * Takes credentials out of a line for the log: values of environment variables that are named like one (HF_TOKEN),
 * tokens of Hugging Face, bearer headers, and the user and password of a URL (PIP_INDEX_URL, HF_ENDPOINT, proxies).
 */
export function secretsHider(environment: NodeJS.ProcessEnv): (line: string) => string {
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
