/** The user and the password of a web address, which a message or a log may quote. */
const ofAddress = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"\\]{1,500}@/gi;

/** A text with the user and password of the web addresses in it hidden. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(ofAddress, '$1[hidden]@');
}
