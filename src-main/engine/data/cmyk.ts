/** CMYK as RGB by Pillow's formula, which knows no inks: each channel is the white that color and black leave. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - (cmyk[from + 3] ?? 0);
    for (let channel = 0; channel < 3; channel++) {
      const product = (cmyk[from + channel] ?? 0) * light + 128;
      rgb[to + channel] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}
