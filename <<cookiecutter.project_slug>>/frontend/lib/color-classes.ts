/** Classes that give colours: the page's security policy takes no styles of elements in the text. */

export class ColorClasses {
  private readonly sheet = new CSSStyleSheet();
  private readonly classes = new Map<string, string>();

  /** Names begin with `prefix`, the colour stands in the custom property `property`. What is no colour has the class `none`. */
  constructor(
    private readonly prefix: string,
    private readonly property: string,
    private readonly none: string,
  ) {
    document.adoptedStyleSheets.push(this.sheet);
  }

  of(color: string): string {
    const known = this.classes.get(color);
    if (known !== undefined) return known;
    if (!/^#[0-9a-f]{6}$/i.test(color)) return this.none;
    const name = `${this.prefix}-${this.classes.size}`;
    this.sheet.insertRule(`.${name} { ${this.property}: ${color}; }`);
    this.classes.set(color, name);
    return name;
  }
}
