const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size in powers of 1024 with three significant figures, in window, command and reports alike: "1.24 GiB", "312 MiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text =
    unit === 0 ? String(Math.round(value)) : Math.abs(value) >= 999.5 ? value.toFixed(0) : value.toPrecision(3);
  return `${text} ${units[unit]}`;
}
