/** Every exit code of `coto`, with what it means. */
export const exitCodes = {
  done: { code: 0, meaning: 'The command is done.' },
  failed: {
    code: 1,
    meaning:
      'The command failed, or its result is incomplete. Standard error has one line that says what is wrong and what to do; with --json, standard output has it as {"error": {…}}.',
  },
  usage: {
    code: 2,
    meaning:
      'The command line is wrong: an unknown command or option, or a value that does not parse. Nothing was done.',
  },
  interrupted: {
    code: 130,
    meaning:
      'Interrupted by Ctrl+C, by SIGTERM or by closing the terminal. Finished work is kept; a run or study is paused.',
  },
} as const;
