import { createPublicKey, verify } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import {
  type CancellationToken,
  configureRequestOptions,
  configureRequestUrl,
  type DownloadOptions,
  HttpExecutor,
} from 'builder-util-runtime';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const largestDescriptionBytes = 1024 * 1024;

/**
 * All requests of the updater. They go to the feed's origin and nowhere else, redirects included, past Chromium, whose
 * network stays closed. The description of a release counts only with a signature beside it (`latest.yml.sig`: Ed25519 over
 * the bytes of the file, in base64) by the key that came with the app; it has the SHA-512 of the installer.
 */
export class FeedExecutor extends HttpExecutor<ClientRequest> {
  /** Size of the installer as the signed description has it: a server cannot fill the disk. */
  largestDownloadBytes = 0;
  private running: ClientRequest | null = null;
  private readonly origin: string;
  private readonly publicKey: string;

  /** @param publicKey of the releases: Ed25519, SPKI, as PEM or as base64 of its DER */
  constructor(feed: URL, publicKey: string) {
    super();
    this.origin = feed.origin;
    this.publicKey = publicKey;
  }

  override async request(options: RequestOptions, cancel?: CancellationToken): Promise<string | null> {
    // Its query is against caches, which are told by a header as well.
    const path = options.path?.split('?')[0] ?? '/';
    const text = await super.request({ ...options, path }, cancel);
    const signature = await super.request({ ...options, path: `${path}.sig` }, cancel).catch((error: unknown) => {
      if (Reflect.get(Object(error), 'statusCode') === 404) return null;
      throw error;
    });
    if (text === null || signature === null || !isSigned(text, signature, this.publicKey))
      throw new StudioError(
        'refused',
        `${this.origin}${path} is not signed with the release key of this app.`,
        'Nothing was downloaded. Tell whoever keeps the feed.',
      );
    return text;
  }

  /** Counterpart of the download method that electron-updater calls on its own executor. */
  async download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    try {
      return await options.cancellationToken.createPromise<string>((resolve, reject, onCancel) => {
        const request: RequestOptions = { headers: options.headers ?? {} };
        configureRequestUrl(url, request);
        configureRequestOptions(request);
        onCancel(() => this.running?.destroy());
        const callback = (error: Error | null): void => (error ? reject(error) : resolve(destination));
        this.doDownload(request, { destination, options, onCancel, callback, responseHandler: null }, 0);
      });
    } catch (error) {
      await rm(destination, { force: true, maxRetries: 5, retryDelay: 200 });
      throw error;
    }
  }

  override createRequest(options: RequestOptions, callback: (response: IncomingMessage) => void): ClientRequest {
    const refusal = this.refusalOf(options);
    if (refusal !== null) throw refusal;
    // electron-updater's own id of the machine is nobody's business.
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).filter(([name]) => name !== 'x-user-staging-id'),
    );
    const isDescription = /\.yml(\.sig)?$/.test(options.path ?? '');
    const start = options.protocol === 'http:' ? requestHttp : requestHttps;
    this.running = start({ ...options, headers, agent: false }, (response) => {
      const most = isDescription ? largestDescriptionBytes : this.largestDownloadBytes;
      let bytes = 0;
      response.on('data', (chunk: Buffer | string) => {
        bytes += Buffer.byteLength(chunk);
        if (bytes > most)
          response.destroy(new StudioError('refused', `${this.origin}${options.path} is larger than was announced.`));
      });
      callback(response);
    });
    return this.running;
  }

  /** A download that is redirected calls this from within an event: what is thrown there nobody catches. */
  protected override doDownload(
    options: RequestOptions,
    call: Parameters<HttpExecutor<ClientRequest>['doDownload']>[1],
    redirects: number,
  ): void {
    const refusal = this.refusalOf(options);
    if (refusal !== null) call.callback(refusal);
    else super.doDownload(options, call, redirects);
  }

  private refusalOf({ protocol, hostname, port }: RequestOptions): StudioError | null {
    const asked = new URL(`${protocol ?? 'https:'}//${hostname}${port ? `:${port}` : ''}`).origin;
    if (asked === this.origin) return null;
    return new StudioError('refused', `The feed leads to ${asked}, and only ${this.origin} is asked.`);
  }
}

/** Returns true if the text was signed with the matching private key. */
function isSigned(text: string, signature: string, publicKey: string): boolean {
  const key = publicKey.includes('BEGIN')
    ? createPublicKey(publicKey)
    : createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text), key, Buffer.from(signature.trim(), 'base64'));
}
