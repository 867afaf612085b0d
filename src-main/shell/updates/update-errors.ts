import { asError, StudioError } from '../../../src-shared/contract/errors.ts';

/** Readable messages for errors of electron-updater, Node and the feed. */
const sentences: Readonly<Record<string, string>> = {
  ERR_UPDATER_CHANNEL_FILE_NOT_FOUND: 'The feed has no release for this system.',
  ERR_CHECKSUM_MISMATCH: 'What was downloaded is not what the release describes; it was deleted.',
  ERR_UPDATER_INVALID_UPDATE_INFO: 'The feed describes no release that this app understands.',
  ERR_UPDATER_INVALID_VERSION: 'The feed describes no release that this app understands.',
  ERR_UPDATER_NO_FILES_PROVIDED: 'The feed has no release for this system.',
  ERR_UPDATER_INVALID_SIGNATURE: 'What was downloaded is not signed by the publisher of this app; it was deleted.',
  ECONNREFUSED: 'The server of the feed does not answer.',
  ECONNRESET: 'The server of the feed ended the connection.',
  ENOTFOUND: 'The server of the feed was not found. Is this machine connected?',
  EAI_AGAIN: 'The server of the feed was not found. Is this machine connected?',
  ETIMEDOUT: 'The server of the feed does not answer.',
  ENOSPC: 'The disk is full; nothing was kept of the download.',
};

/** One sentence for the person; the whole error is in the log. */
export function sentenceOf(thrown: unknown): string {
  if (thrown instanceof StudioError) return thrown.hint === null ? thrown.message : `${thrown.message} ${thrown.hint}`;
  const error = asError(thrown);
  const code: unknown = Reflect.get(error, 'code');
  const known = typeof code === 'string' ? sentences[code] : undefined;
  return known ?? `The update failed: ${error.message.split('\n')[0]?.slice(0, 300)}`;
}
