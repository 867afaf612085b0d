import type { HostTensor } from './host-tensor.ts';

/** A matrix [rows, columns] as [columns, rows]. */
export function transposed({ shape: [rows = 0, columns = 0], data }: HostTensor): HostTensor {
  const turned = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column] ?? 0;
  return { shape: [columns, rows], data: turned };
}
