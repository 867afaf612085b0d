/** Why a job ended as the studio was closed. */
export const closedError = { code: 'disconnected', message: 'The studio was closed.', hint: 'Start it again' } as const;

/** The window offers such runs to be resumed: whoever paused one by hand knows about it. */
export const pausedByClosing = {
  code: 'disconnected',
  message: 'The studio was closed while this was running, so it was paused.',
  hint: 'Resume it.',
} as const;
