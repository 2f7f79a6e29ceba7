/** Files that are made in the browser: they need no server. */

export interface MadeFile {
  /** What its name ends with. */
  extension: string;
  type: string;
  text: string;
}

/** One page of HTML that stands by itself. */
export function htmlFile(title: string, body: string): MadeFile {
  const name = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const text = `<!doctype html>\n<html>\n<meta charset="utf-8">\n<title>${name}</title>\n<h1>${name}</h1>\n${body}\n</html>\n`;
  return { extension: "html", type: "text/html", text };
}

export function fileName(title: string, extension: string): string {
  const safe = title.trim().replace(/[\\/:*?"|\u0000-\u001f]|[<>]/g, " ").replace(/\s+/g, " ").trim().slice(0, 80);
  return `${safe || "Untitled"}.${extension}`;
}

/** Hands the person a file named after a document. */
export function download(title: string, { extension, type, text }: MadeFile): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(title, extension);
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
