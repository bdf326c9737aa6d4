/** Told when the browser goes back or forth, before the router hears of it. @returns whether it may */
type Guard = () => boolean;

const guards: Guard[] = [];
/** The address comes back where it was: nobody hears of that. */
let returning = false;

/** To be called before the router listens: window listeners hear in the order in which they came. */
export function watchWayBack(): void {
  window.addEventListener('popstate', (event) => {
    if (!returning && (guards.at(-1)?.() ?? true)) return;
    event.stopImmediatePropagation();
    returning = !returning;
    if (returning) history.forward();
  });
}

/** Asks `guard` first, until what is returned is called. */
export function guardWayBack(guard: Guard): () => void {
  guards.push(guard);
  return () => {
    const at = guards.indexOf(guard);
    if (at !== -1) guards.splice(at, 1);
  };
}
