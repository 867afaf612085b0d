const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Origin of vite's server, of which the window is loaded in development; null: of the built files. Only a server of this
 * machine is taken, and none by the packed app.
 */
export function developmentServerOf(address: string | undefined, isPackaged: boolean): string | null {
  if (isPackaged || address === undefined || !URL.canParse(address)) return null;
  const { protocol, hostname, origin } = new URL(address);
  return protocol === 'http:' && loopback.has(hostname) ? origin : null;
}
