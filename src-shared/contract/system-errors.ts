import type { ErrorCode } from './error-code.ts';

interface SystemError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

const full: SystemError = { code: 'disk_full', message: 'The disk is full.', hint: 'Free some space, then try again.' };

/** Sentences for Node's error codes of files, by the path that the error names. */
const sentences: Readonly<Record<string, (path: string) => SystemError>> = {
  ENOSPC: () => full,
  EDQUOT: () => full,
  ENOENT: (path) => ({
    code: 'not_found',
    message: `${path} does not exist.`,
    hint: 'It may have been moved or deleted: put it back, or remove what refers to it.',
  }),
  ENOTDIR: (path) => ({
    code: 'not_found',
    message: `${path} does not exist: one of its folders is a file.`,
    hint: 'Check the path.',
  }),
  EISDIR: (path) => ({ code: 'invalid_file', message: `${path} is a folder, not a file.`, hint: 'Choose a file.' }),
  EACCES: denied,
  EPERM: denied,
  EROFS: (path) => ({
    code: 'invalid_file',
    message: `${path} cannot be written: its disk is read-only.`,
    hint: 'Choose another folder.',
  }),
  EBUSY: (path) => ({
    code: 'refused',
    message: `${path} is in use by another program.`,
    hint: 'Close that program, then try again.',
  }),
  EIO: (path) => ({
    code: 'invalid_file',
    message: `${path} cannot be read or written: the disk reports an error.`,
    hint: 'Check the disk, then try again.',
  }),
  ELOOP: (path) => ({
    code: 'invalid_file',
    message: `${path} cannot be opened: its links lead in a circle.`,
    hint: 'Remove the link.',
  }),
  EMFILE: () => ({
    code: 'refused',
    message: 'Too many files are open.',
    hint: 'Close other programs, or raise the limit of open files (ulimit -n), then try again.',
  }),
};

/** The error of a system call in a sentence; null for codes that have none. */
export function systemErrorText(error: Error): SystemError | null {
  const code: unknown = Reflect.get(error, 'code');
  const path: unknown = Reflect.get(error, 'path');
  const syscall: unknown = Reflect.get(error, 'syscall');
  if (typeof code !== 'string') return null;
  if (code === 'ENOENT' && typeof syscall === 'string' && syscall.startsWith('spawn') && typeof path === 'string')
    return {
      code: 'not_found',
      message: `The program ${path} is not installed.`,
      hint: 'Install it, or check its path.',
    };
  return sentences[code]?.(typeof path === 'string' ? path : 'The file') ?? null;
}

function denied(path: string): SystemError {
  return {
    code: 'invalid_file',
    message: `${path} cannot be opened: permission denied.`,
    hint: 'Change its permissions, or choose another place.',
  };
}
