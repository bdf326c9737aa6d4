/**
 * The document, as xterm.js may use it where styles in the page are forbidden (Content-Security-Policy: style-src 'self'). It writes
 * `<style>` elements and `style` attributes; the same comes about by the CSSOM, which is allowed (CSP level 3, 8.1).
 * @param sheets gets each style sheet, for who takes them away again.
 */
export function terminalDocument(sheets: Set<CSSStyleSheet>): Document {
  const createElement = (name: string): HTMLElement =>
    name === 'style' ? styleElement(sheets) : withStyle(plainElement(name));
  return new Proxy(document, {
    get(target, key) {
      if (key === 'createElement') return createElement;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

/** Opens a terminal. xterm.js 6.0 asks the page's own document for one of its style sheets then, whatever document it was given. */
export function whileOpening({ createElement }: Document, open: () => void): void {
  Object.defineProperty(document, 'createElement', { value: createElement, configurable: true });
  try {
    open();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

function plainElement(name: string): HTMLElement {
  return Document.prototype.createElement.call(document, name);
}

/** Ends the style sheets of a terminal that is gone. */
export function removeSheets(sheets: ReadonlySet<CSSStyleSheet>): void {
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.has(sheet));
}

/** An element without a look, whose text is a style sheet of the document. */
function styleElement(sheets: Set<CSSStyleSheet>): HTMLElement {
  const sheet = new CSSStyleSheet();
  sheets.add(sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const element = plainElement('span');
  element.hidden = true;
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    removeSheets(new Set([sheet]));
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}

function withStyle(element: HTMLElement): HTMLElement {
  element.setAttribute = (name, value) => {
    if (name === 'style') element.style.cssText = value;
    else HTMLElement.prototype.setAttribute.call(element, name, value);
  };
  return element;
}
