import { formatCount } from '../components/format/format.ts';

/** The window's words on how far a job is. */
export const jobsStrings = {
  ended: (title: string, status: string) => `${title}: ${status}.`,
  queued: (title: string) => `${title}: queued`,
  starting: (title: string) => `${title}: starting`,
  /** "120 of 300 steps"; of an unknown total "120 steps"; of a share "13 %". */
  done: (done: number, total: number, unit: string) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` of ${formatCount(total)}`} ${unit}`,
  left: (duration: string) => `${duration} left`,
  cancel: 'Cancel',
  notCancelled: 'The job was not cancelled',
  progressOf: (title: string) => `Progress of ${title}`,
} as const;
