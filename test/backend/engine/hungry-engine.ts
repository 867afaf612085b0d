// An engine that takes memory as soon as it is asked something: a gigabyte, unless it is ended before.
process.on('message', () => {
  const held = Array.from({ length: 64 }, () => Buffer.alloc(2 ** 24, 1));
  process.exit(held.length);
});
