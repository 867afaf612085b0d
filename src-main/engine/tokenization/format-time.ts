const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Python's strftime in the C locale, for the directives that chat templates use; others are left unchanged. */
export function formatTime(time: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = days[time.getDay()] ?? '';
  const month = months[time.getMonth()] ?? '';
  const values: Readonly<Record<string, string>> = {
    '%': '%',
    a: day.slice(0, 3),
    A: day,
    b: month.slice(0, 3),
    B: month,
    d: two(time.getDate()),
    H: two(time.getHours()),
    I: two(time.getHours() % 12 || 12),
    m: two(time.getMonth() + 1),
    M: two(time.getMinutes()),
    p: time.getHours() < 12 ? 'AM' : 'PM',
    S: two(time.getSeconds()),
    y: two(time.getFullYear() % 100),
    Y: String(time.getFullYear()),
  };
  return format.replace(/%(.)/gu, (whole, letter: string) =>
    Object.hasOwn(values, letter) ? (values[letter] ?? whole) : whole,
  );
}
