import { decodeHTMLStrict } from 'entities/decode';

/**
 * The text with HTML's entities as the characters they stand for, once: of "&amp;lt;", "&lt;" is left. Numbers are read as the HTML
 * standard does (128 to 159 as windows-1252); names without their semicolon, and unknown ones, stay.
 */
export function unescapeHtml(text: string): string {
  return decodeHTMLStrict(text);
}
