/**
 * Size of a half of V8's young generation. Left to itself it grows to 64 MB, in each thread, and is not given back: most of what
 * the backend's memory grew by. A smaller one costs a training no processor time that can be measured.
 */
const semiSpaceMebibytes = 4;

/** For a Node, or after --js-flags for a process of Electron. */
export const youngGenerationFlag = `--max-semi-space-size=${semiSpaceMebibytes}`;

/** For a worker thread: both halves, and as much for large objects. */
export const youngGenerationLimits = { maxYoungGenerationSizeMb: 3 * semiSpaceMebibytes } as const;

/**
 * For the environment of the backend's Node. glibc gives each thread an arena of its own for what native code allocates, up to
 * eight a core, and what lies free in one is of no use to another thread: with two, the idle backend takes 4 MB less.
 */
export const fewArenas = { MALLOC_ARENA_MAX: '2' } as const;
