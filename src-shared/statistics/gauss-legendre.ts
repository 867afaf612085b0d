/**
 * Nodes, ascending, and weights of Gauss-Legendre quadrature on [0, 1]: n nodes integrate polynomials of degree 2n − 1
 * exactly. The nodes are the roots of the Legendre polynomial, by Newton's method (Press et al., Numerical Recipes, 4.6).
 */
export function gaussLegendre(count: number): { readonly nodes: number[]; readonly weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let root = 0; root < count; root++) {
    let x = -Math.cos((Math.PI * (root + 0.75)) / (count + 0.5));
    let derivative = 1;
    for (let step = 0; step < 100; step++) {
      const { value, slope } = legendre(count, x);
      derivative = slope;
      const moved = value / slope;
      x -= moved;
      if (Math.abs(moved) < 1e-15) break;
    }
    nodes.push((1 + x) / 2);
    weights.push(1 / ((1 - x * x) * derivative * derivative));
  }
  return { nodes, weights };
}

/** Value and derivative of the Legendre polynomial of this degree at x in (−1, 1). */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let [before, value] = [0, 1];
  for (let k = 0; k < degree; k++) [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)];
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) };
}
