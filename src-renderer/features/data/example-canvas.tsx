import { useEffect, useRef } from 'react';
import type { ExamplePreview } from '../../../src-shared/domain/data/dataset.ts';

/** One image drawn pixel by pixel; scaled up without smoothing by the style sheet. */
export function ExampleCanvas({ example, label }: { example: ExamplePreview; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(example.width, example.height);
    const { channels, pixels } = example;
    for (let pixel = 0; pixel < example.width * example.height; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const source = pixel * channels + Math.min(channel, channels - 1);
        image.data[pixel * 4 + channel] = pixels[source] ?? 0;
      }
      image.data[pixel * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [example]);
  return (
    <canvas
      ref={canvas}
      width={example.width}
      height={example.height}
      role="img"
      aria-label={`Example ${example.index}: ${label}`}
    />
  );
}
