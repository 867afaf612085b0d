import { useEffect, useState } from 'react';
import { formatExact, formatRelative } from './format.ts';

/** A time such as "4 min ago", kept current, with the exact one on hover. Milliseconds since 1970. */
export function RelativeTime({ at }: { at: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExact(at)}>
      {formatRelative(at, now)}
    </time>
  );
}
