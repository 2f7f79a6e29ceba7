/** Whether arrows and dashes come of the signs that stand for them: programs are not written so, letters are. */

/** Under which this browser remembers it. */
const KEY = "yroom:print";

class Print {
  private on = remembered();

  get isOn(): boolean {
    return this.on;
  }

  set isOn(on: boolean) {
    this.on = on;
    try {
      localStorage.setItem(KEY, String(on));
    } catch {
      // It holds as long as the page does.
    }
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === "true";
  } catch {
    return false;
  }
}

export const print = new Print();
