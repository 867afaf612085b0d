import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { requireDiskSpace } from '../../src-main/files/disk-space.ts';

it('rejects files that do not fit on the disk before writing them', async () => {
  await requireDiskSpace(tmpdir(), 1);
  await expect(requireDiskSpace(tmpdir(), 2 ** 60)).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringMatching(/has \d+\.\d GiB free, and 1073741824\.0 GiB are needed/),
  });
});
