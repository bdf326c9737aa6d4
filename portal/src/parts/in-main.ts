/** Where menus and what is shown on hover go: into the page's main part, so that whoever goes from part to part finds them. */
export function inMain(): HTMLElement {
  return document.querySelector('main') ?? document.body;
}
