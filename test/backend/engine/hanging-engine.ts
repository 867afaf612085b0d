// An engine whose driver never returns from what it is asked first. Until then it answers.
process.on('message', () => {
  for (;;);
});
