/** In the page: whether nothing that is in sight stands for what is still loading. Figures are drawn when they are scrolled to. */
export function isLoaded(): boolean {
  return [...document.querySelectorAll('.mantine-Skeleton-root, .mantine-Loader-root')].every((element) => {
    const { top, bottom, width } = element.getBoundingClientRect();
    return width === 0 || bottom < 0 || top > window.innerHeight;
  });
}
