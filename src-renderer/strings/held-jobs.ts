import { formatCount, plural } from '../components/format/format.ts';

/** The window's words about queued jobs that are held because their home was last used elsewhere. */
export const heldStrings = {
  title: 'Held jobs',
  lastUsed: (lastPath: string | null) =>
    `This home was last used ${lastPath === null ? 'elsewhere' : `in ${lastPath}`}.`,
  titles: (count: number, titles: readonly string[], more: number) =>
    `${plural(count, 'queued job is', 'queued jobs are')} held: ${[...titles, ...(more > 0 ? [`${formatCount(more)} more`] : [])].join(', ')}.`,
  writesOutside: (paths: readonly string[]) => `Paths written outside of the home: ${paths.join(', ')}.`,
  question: 'Continue here, or leave held?',
  continue: 'Continue here',
  leaveHeld: 'Leave held',
  notAnswered: 'The jobs are still held',
  held: 'held',
  heldCount: (count: number) =>
    `${plural(count, 'job is', 'jobs are')} held, because this home was last used elsewhere.`,
  continueHeld: 'Continue held jobs',
};
