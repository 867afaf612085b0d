import { Skeleton } from '@mantine/core';

const rows = ['a', 'b', 'c', 'd'];

/** Stands where a list will be, in the size of its rows. */
export function ListSkeleton() {
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 8, padding: 12 }}>
      {rows.map((row) => (
        <Skeleton key={row} height={40} />
      ))}
    </div>
  );
}
