/** A small square of the colour that a run, variant or base has in figures. */
export function Swatch({ colour }: { colour: string }) {
  return (
    <span
      aria-hidden
      style={{
        display: 'inline-block',
        width: 10,
        height: 10,
        borderRadius: 2,
        background: colour,
        flex: 'none',
      }}
    />
  );
}
