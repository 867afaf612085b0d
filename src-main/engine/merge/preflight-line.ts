import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';

/** Lines of a preflight by their verdict. */
export function ok(check: string, message: string): PreflightLine {
  return { check, verdict: 'ok', message, remedy: null };
}

export function warning(check: string, message: string, remedy: string | null): PreflightLine {
  return { check, verdict: 'warning', message, remedy };
}

export function refused(check: string, message: string, remedy: string): PreflightLine {
  return { check, verdict: 'refused', message, remedy };
}

/** A number as messages show it. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
