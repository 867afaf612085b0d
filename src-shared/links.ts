/** Scheme of links to the app: coto://run/<id>. */
export const linkScheme = 'coto';

const id = /^(?!\.+$)[\w.-]{1,100}$/;
const repositoryPart = /^(?!\.+$)[\w.-]{1,96}$/;

/** Pages that a link names, with the address in the window. */
const recordPages = {
  run: 'runs',
  study: 'studies',
  adapter: 'adapters',
  dataset: 'data',
  base: 'models',
} as const;

export type LinkedRecord = keyof typeof recordPages;

/** A link that other programs can open: "coto://run/run-1a2b". */
export function linkTo(kind: LinkedRecord, recordId: string): string {
  return `${linkScheme}://${kind}/${encodeURIComponent(recordId)}`;
}

/**
 * The address in the window that a link opens: a page, or a filled dialog. A link starts no work. Null if it is no link of
 * the app. coto://model/<org>/<name> fills the download dialog.
 */
export function routeOfLink(text: string): string | null {
  const [, host = '', rest = ''] = /^coto:\/\/([a-z]+)\/([\w./-]*)$/.exec(text) ?? [];
  const parts = rest.split('/').filter(Boolean);
  const [first = '', second = ''] = parts;
  if (host === 'model' && parts.length === 2 && repositoryPart.test(first) && repositoryPart.test(second))
    return `/models?hub=${first}/${second}`;
  const page = Object.entries(recordPages).find(([kind]) => kind === host)?.[1];
  return page !== undefined && parts.length === 1 && id.test(first) ? `/${page}/${first}` : null;
}
