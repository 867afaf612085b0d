import { existsSync } from 'node:fs';

/** `wished`, or that with the first number from 2 up that is not taken yet. */
export function unusedPath(wished: string): string {
  let path = wished;
  for (let number = 2; existsSync(path); number++) path = `${wished}-${number}`;
  return path;
}

/** A name that is valid on every file system. */
export function fileName(name: string): string {
  return (
    name
      .normalize('NFKD')
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '') || 'adapter'
  );
}
