import { computeIdSchema, computeLabels } from '../../../src-shared/domain/app/catalog.ts';
import { formatBytes as bytesText } from '../../../src-shared/format/bytes.ts';
import { currentLocale } from '../../../src-shared/format/locale.ts';
import { appStrings } from '../../strings/app.ts';

export {
  formatCount,
  formatNumber,
  formatPercent,
  formatShortCount,
  plural,
} from '../../../src-shared/format/numbers.ts';

const missing = '–';

/** "1.24 GiB", "312 MiB", "4.00 KiB". */
export function formatBytes(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? missing : bytesText(bytes);
}

/** "850 ms", "12 s", "3 min 20 s", "2 h 05 min", "3 d 4 h". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return missing;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** The same where room is short, rounded up: "45 s", "2 min", "3 h". */
export function formatShortDuration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

/** "just now", "4 min ago", "3 h ago", "yesterday", "12 Mar". Times are milliseconds since 1970. */
export function formatRelative(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  if (seconds < 45) return appStrings.ago.now;
  if (seconds < 3600) return appStrings.ago.minutes(Math.max(1, Math.round(seconds / 60)));
  if (seconds < 86_400) return appStrings.ago.hours(Math.round(seconds / 3600));
  const days = Math.floor(seconds / 86_400);
  if (days === 1) return appStrings.ago.yesterday;
  if (days < 7) return appStrings.ago.days(days);
  const date = new Date(at);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(dateLocale(), {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** English dates have the day first: "12 Mar". */
function dateLocale(): string {
  const locale = currentLocale();
  return locale.startsWith('en') ? 'en-GB' : locale;
}

/** The exact time, for a hover: "25 Nov 2026, 03:16:49". */
export function formatExact(at: number): string {
  return new Date(at).toLocaleString(dateLocale(), {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** A compute backend by its name, as the settings call it too; it is chosen when something first computes. */
export function backendName(id: string): string {
  if (id === 'auto') return appStrings.detecting;
  const known = computeIdSchema.safeParse(id);
  return known.success ? computeLabels[known.data] : id;
}
