import { expect, it } from 'vitest';
import { figureToCsv } from '../../../src-renderer/plots/figure-data.ts';

it('writes a row for each point, with half the error bar', () => {
  const figure = {
    data: [
      { type: 'scatter', name: 'LoRA, seed 1', x: [0, 1], y: [0.5, null] },
      { type: 'bar', x: ['low'], y: new Float32Array([0.25]), error_y: { type: 'data', array: [0.125] } },
    ],
    layout: {},
  };
  expect(figureToCsv(figure)).toBe(
    'trace,x,y,z,error\n"LoRA, seed 1",0,0.5,,\n"LoRA, seed 1",1,,,\ntrace 2,low,0.25,,0.125\n',
  );
});

it('writes a row for each cell of a heatmap, counting rows and columns where it names none', () => {
  const figure = {
    data: [{ type: 'heatmap', name: 'on', x: [10, 20], z: [[1, 0], new Uint8Array([0, 1])] }],
    layout: {},
  };
  expect(figureToCsv(figure)).toBe('trace,x,y,z,error\non,10,0,1,\non,20,0,0,\non,10,1,0,\non,20,1,1,\n');
});
