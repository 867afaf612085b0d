import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';

/** Lines of a preflight by their verdict. */
export function ok(check: string, message: string): PreflightLine {
  return { check, verdict: 'ok', message, remedy: null, adapter: null };
}

/** @param adapter place of the adapter that is unlike the others */
export function warning(
  check: string,
  message: string,
  remedy: string | null,
  adapter: number | null = null,
): PreflightLine {
  return { check, verdict: 'warning', message, remedy, adapter };
}

/** @param adapter place of the adapter that is unlike the others */
export function refused(check: string, message: string, remedy: string, adapter: number | null = null): PreflightLine {
  return { check, verdict: 'refused', message, remedy, adapter };
}

/** A number as messages show it. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
