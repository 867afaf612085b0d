/** A name that is valid on every file system. */
export function fileName(name: string): string {
  return (
    name
      .normalize('NFKD')
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '') || 'adapter'
  );
}
