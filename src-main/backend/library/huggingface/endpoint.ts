import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { withoutCredentials } from '../../../../src-shared/format/without-credentials.ts';

/** The hub to download from, configured by Hugging Face's environment variables. */
export interface Endpoint {
  /** HF_ENDPOINT without a trailing slash. */
  readonly url: URL;
  /** HF_TOKEN; sent to the endpoint's own origin and nowhere else, and only encrypted. */
  readonly token: string | null;
}

const defaultEndpoint = 'https://huggingface.co';
const maxRedirects = 5;
const stallMilliseconds = 60_000;

/** @throws StudioError refused with HF_HUB_OFFLINE, invalid_input if HF_ENDPOINT is no URL. */
export function openEndpoint(environment: NodeJS.ProcessEnv): Endpoint {
  if (/^(1|on|yes|true)$/i.test(environment['HF_HUB_OFFLINE'] ?? ''))
    throw new StudioError(
      'refused',
      'HF_HUB_OFFLINE is set, so nothing can be downloaded from the Hugging Face hub.',
      'Unset it, or add a model folder that is on this machine.',
    );
  const given = environment['HF_ENDPOINT'] || defaultEndpoint;
  const url = URL.parse(given.replace(/\/+$/, ''));
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new StudioError(
      'invalid_input',
      `HF_ENDPOINT is not a web address: ${withoutCredentials(given)}.`,
      'Unset it to use huggingface.co.',
    );
  return { url, token: environment['HF_TOKEN'] || null };
}

/** URL at the endpoint; every path segment is escaped. */
export function addressOf({ url }: Endpoint, path: string): URL {
  const parts = path.split('/').map(encodeURIComponent);
  return new URL(`${url.href.replace(/\/+$/, '')}/${parts.join('/')}`);
}

/**
 * Fetches a URL and follows redirects, without the token once they lead to another origin. Throws StudioError if the
 * host is unreachable or responds with an error; `what` names the resource.
 */
export async function reach(
  endpoint: Endpoint,
  address: URL,
  options: { readonly what: string; readonly signal: AbortSignal; readonly headers?: Record<string, string> },
): Promise<Response> {
  let current = address;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await request(endpoint, current, options);
    const next = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (next === null) return accepted(endpoint, current, response, options.what);
    await response.body?.cancel();
    const target = URL.parse(next, current.href);
    if (target === null || !/^https?:$/.test(target.protocol))
      throw new StudioError(
        'refused',
        `${current.host} redirects to ${withoutCredentials(next)}, which is not a web address.`,
      );
    current = target;
  }
  throw new StudioError('refused', `${address.host} redirects in a loop.`);
}

async function request(
  endpoint: Endpoint,
  address: URL,
  options: { readonly signal: AbortSignal; readonly headers?: Record<string, string> },
): Promise<Response> {
  const own = endpoint.token !== null && address.origin === endpoint.url.origin && isPrivate(address);
  const headers = { ...options.headers, ...(own ? { authorization: `Bearer ${endpoint.token}` } : {}) };
  try {
    return await unlessStalled(options.signal, (signal) => fetch(address, { headers, redirect: 'manual', signal }));
  } catch (error) {
    if (options.signal.reason instanceof StudioError) throw options.signal.reason;
    throw unreachable(address, error);
  }
}

/** A token sent without encryption could be read by everybody on the way. */
export function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** Waits for one answer, or one piece of it. @throws Error where none comes for a minute. */
export async function unlessStalled<Answer>(
  signal: AbortSignal,
  wait: (signal: AbortSignal) => Promise<Answer>,
  milliseconds = stallMilliseconds,
): Promise<Answer> {
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new Error(`nothing arrived for ${milliseconds / 1000} s`)),
    milliseconds,
  );
  try {
    return await Promise.race([wait(AbortSignal.any([signal, stalled.signal])), rejected(stalled.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export function unreachable(address: URL, error: unknown): StudioError {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const reason = withoutCredentials(cause instanceof Error ? cause.message : String(cause));
  const isNameUnknown = /\b(ENOTFOUND|EAI_AGAIN)\b/.test(reason);
  return new StudioError(
    'refused',
    `${address.host} cannot be reached: ${isNameUnknown ? 'there is no network, or no such host' : reason}.`,
    'Check the network connection, or set HF_ENDPOINT to another hub.',
    isNameUnknown ? reason : null,
  );
}

async function accepted(endpoint: Endpoint, address: URL, response: Response, what: string): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  const { status } = response;
  const known = endpoint.token === null ? 'Set HF_TOKEN to your token' : 'Check that HF_TOKEN may read it';
  if (status === 401 || status === 403)
    throw new StudioError(
      'refused',
      `${address.host} denies access to ${what} (${status}): it is private, gated or does not exist.`,
      `Check the name. ${known}, and accept the terms on the model's page where it has any.`,
    );
  if (status === 404)
    throw new StudioError('not_found', `${address.host} does not have ${what}.`, 'Check the name and the revision.');
  throw new StudioError(
    'refused',
    `${address.host} answers ${status} ${response.statusText} for ${what}.`.replace('  ', ' '),
    'Try again later.',
  );
}
