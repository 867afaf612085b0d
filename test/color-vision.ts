type Triple = readonly [number, number, number];

/** Computes the contrast of two colors by WCAG 2: 1 to 21. */
export function contrast(first: string, second: string): number {
  const [high, low] = [luminance(first), luminance(second)].sort((one, other) => other - one);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = linear(color);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** `#rrggbb` as light. */
function linear(color: string): Triple {
  const channel = (start: number) => {
    const value = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/**
 * Color vision, including three types without one kind of cones, simulated by Machado, Oliveira and Fernandes (2009).
 */
export const visions: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  'full color vision': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Computes the difference of two colors under a vision: the distance in Oklab, 100 between black and white. */
export function difference(first: string, second: string, vision: string): number {
  const [one, other] = [first, second].map((color) => oklab(seen(linear(color), vision)));
  if (one === undefined || other === undefined) return 0;
  return 100 * Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

function seen(light: Triple, vision: string): Triple {
  const matrix = visions[vision];
  if (matrix === undefined) throw new Error(`no vision ${vision}`);
  const [red, green, blue] = matrix;
  return [along(red, light), along(green, light), along(blue, light)];
}

function along(row: Triple, light: Triple): number {
  return Math.min(1, Math.max(0, dot(row, light)));
}

function dot(row: Triple, column: Triple): number {
  return row[0] * column[0] + row[1] * column[1] + row[2] * column[2];
}

/** Ottosson (2020). */
function oklab(light: Triple): Triple {
  const cones: Triple = [
    Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], light)),
    Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], light)),
    Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], light)),
  ];
  return [
    dot([0.2104542553, 0.793617785, -0.0040720468], cones),
    dot([1.9779984951, -2.428592205, 0.4505937099], cones),
    dot([0.0259040371, 0.7827717662, -0.808675766], cones),
  ];
}
