/** Classes that give colours: the site's security policy takes no styles of elements in the text. */

export class ColorClasses {
  private readonly sheet = new CSSStyleSheet();
  private readonly classes = new Map<string, string>();

  constructor() {
    document.adoptedStyleSheets.push(this.sheet);
  }

  of(color: string): string {
    const known = this.classes.get(color);
    if (known !== undefined) return known;
    const name = `author-${this.classes.size}`;
    // What is no colour gives none.
    if (/^#[0-9a-f]{6}$/i.test(color)) this.sheet.insertRule(`.${name} { --author: ${color}; }`);
    this.classes.set(color, name);
    return name;
  }
}
