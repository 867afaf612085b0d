import { create } from 'zustand';

const key = 'coto-last-here';
/** A look at another program is no absence. */
const shortest = 60_000;

/** Time at which the user last looked at the window before now, in milliseconds since 1970. */
export const useAwaySince = create<number>(() => read() ?? Date.now());

let leftAt: number | null = null;

function read(): number | null {
  const kept = Number(localStorage.getItem(key) ?? Number.NaN);
  return Number.isFinite(kept) ? kept : null;
}

function leave(): void {
  leftAt = Date.now();
  localStorage.setItem(key, String(leftAt));
}

function comeBack(): void {
  if (leftAt !== null && Date.now() - leftAt >= shortest) useAwaySince.setState(leftAt, true);
  leftAt = null;
}

window.addEventListener('blur', leave);
window.addEventListener('pagehide', leave);
window.addEventListener('focus', comeBack);
