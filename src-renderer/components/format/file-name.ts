/** The last part of a path of any system: "tasks" of "C:\\data\\tasks". */
export function fileName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}
