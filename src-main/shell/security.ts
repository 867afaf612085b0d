import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { app, type IpcMainEvent, type IpcMainInvokeEvent, type ProtocolResponse, protocol, session } from 'electron';
import { fileOf, studioOrigin } from './app-files.ts';
import { contentPolicy } from './content-policy.ts';
import { plainName } from './plain-name.ts';

const contentTypes = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.webp', 'image/webp'],
  ['.woff2', 'font/woff2'],
  ['.wasm', 'application/wasm'],
]);

const notFound = respond(404, 'text/plain', Buffer.from('not found'));

/** Schemes of what the window loads. All else is refused in the network layer, where the page's policy does not reach. */
const ownSchemes: ReadonlySet<string> = new Set(['app:', 'blob:', 'data:', 'devtools:', 'chrome-extension:']);

/**
 * Switches off what Chromium asks of the network by itself, and resolves no host. Must run before the app is ready. The
 * development server is reached in spite of it.
 */
export function closeNetwork(developmentServer: string | null): void {
  const { commandLine } = app;
  for (const name of ['dns-prefetch-disable', 'disable-background-networking', 'disable-component-update', 'no-pings'])
    commandLine.appendSwitch(name);
  if (developmentServer === null) commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
}

/**
 * Must run before the app is ready.
 * @param keepsCode whether compiled code is kept, so that the next start need not compile it again
 */
export function registerScheme(keepsCode: boolean): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: 'app',
      privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: false, codeCache: keepsCode },
    },
  ]);
}

/**
 * Serves the renderer's files under the app's scheme, confined to its folder, with the policy in each response header.
 * Files are sent as bytes: `protocol.handle` would load fetch at every start, and a stream for each of some sixty
 * files.
 */
export function serveRenderer(folder: string): void {
  protocol.registerBufferProtocol('app', (request, answer) => {
    const path = request.method === 'GET' ? fileOf(folder, request.url) : null;
    answer(path === null ? notFound : fileResponse(path));
  });
}

/** Denies all permissions, requests to elsewhere, foreign pages and further windows. */
export function lockDown(developmentServer: string | null): void {
  // Without a language there is no dictionary to fetch; a window's spellcheck option leaves the session's checker on.
  session.defaultSession.setSpellCheckerLanguages([]);
  session.defaultSession.setSpellCheckerEnabled(false);
  session.defaultSession.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !isOwnRequest(url, developmentServer) }),
  );
  // Downloads created by the page (a table, a figure) are saved through a dialog; all others are blocked.
  session.defaultSession.on('will-download', (event, item) => {
    if (/^(blob|data):/.test(item.getURL())) item.setSaveDialogOptions({ defaultPath: plainName(item.getFilename()) });
    else event.preventDefault();
  });
  session.defaultSession.setPermissionRequestHandler((_contents, permission, grant) =>
    grant(permission === 'clipboard-sanitized-write'),
  );
  session.defaultSession.setPermissionCheckHandler(
    (_contents, permission) => permission === 'clipboard-sanitized-write',
  );
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      if (!isOwnPage(event.url, developmentServer)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    // WebRTC sends to any host whatever the page's policy says; there is no proxy that it could use instead.
    contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** Checks the sender of a message: the app's own page, in a window's main frame. */
export function isTrusted(event: IpcMainEvent | IpcMainInvokeEvent, developmentServer: string | null): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && isOwnPage(frame.url, developmentServer);
}

function isOwnRequest(url: string, developmentServer: string | null): boolean {
  const { protocol: scheme, host } = new URL(url);
  return ownSchemes.has(scheme) || (developmentServer !== null && host === new URL(developmentServer).host);
}

function isOwnPage(url: string, developmentServer: string | null): boolean {
  return (
    url.startsWith(`${studioOrigin}/`) || (developmentServer !== null && originOf(url) === originOf(developmentServer))
  );
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}

function fileResponse(path: string): ProtocolResponse {
  try {
    return respond(200, contentTypes.get(extname(path)) ?? 'application/octet-stream', readFileSync(path));
  } catch {
    return notFound;
  }
}

function respond(statusCode: number, contentType: string, data: Buffer): ProtocolResponse {
  return {
    statusCode,
    mimeType: contentType.replace(/;.*/, ''),
    data,
    headers: {
      'content-type': contentType,
      'content-security-policy': `${contentPolicy}; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
    },
  };
}
