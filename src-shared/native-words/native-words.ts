import type { Words } from '../words.ts';
import type { nativeEnglish } from './en.ts';

/** Texts of the native menus, dialogs and tray in any language. */
export type NativeWords = Words<typeof nativeEnglish>;
