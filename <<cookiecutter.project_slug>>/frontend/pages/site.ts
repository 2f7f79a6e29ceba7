/** What every page shares: the colour theme, times by the reader's clock, questions before forms that destroy, menus that close. Pages work without it. */

import { Moon, Sun } from "lucide";

import { confirm } from "../ui/confirm";
import { icon } from "../ui/icons";
import { tellMoments } from "../ui/moments";

type Theme = "light" | "dark";

const KEY = "theme";
const root = document.documentElement;
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

// At once, before the page is painted.
const stored = read();
if (stored) root.dataset["theme"] = stored;

function read(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null; // storage may be forbidden: the theme then lasts for one page
  }
}

function current(): Theme {
  const chosen = root.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return systemDark.matches ? "dark" : "light";
}

function choose(theme: Theme): void {
  root.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // See read().
  }
  labelToggles();
}

function labelToggles(): void {
  const next = current() === "dark" ? "light" : "dark";
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-toggle]")) {
    button.setAttribute("aria-label", `Switch to the ${next} theme`);
    button.title = `Switch to the ${next} theme`;
    button.replaceChildren(icon(next === "light" ? Sun : Moon));
    button.hidden = false;
  }
}

function confirmFirst(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const submitter = event.submitter as HTMLButtonElement | null;
  const sentence = submitter?.dataset["confirm"] ?? form.dataset["confirm"];
  if (!sentence || form.dataset["confirmed"]) return;
  event.preventDefault();
  confirm({
    sentence,
    label: submitter?.textContent?.trim() || "Continue",
    accept: () => {
      form.dataset["confirmed"] = "true";
      form.requestSubmit(submitter);
    },
    from: submitter,
  });
}

/** `<details data-menu>` is a menu: it closes on Escape and on a click elsewhere. */
function closeMenus(event: Event): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    if (event instanceof KeyboardEvent) {
      if (event.key !== "Escape") continue;
      menu.querySelector("summary")?.focus();
    } else if (menu.contains(event.target as Node)) {
      continue;
    }
    menu.open = false;
  }
}

function start(): void {
  labelToggles();
  tellMoments();
  window.setInterval(tellMoments, 60_000);
  systemDark.addEventListener("change", labelToggles);
  document.addEventListener("submit", confirmFirst);
  document.addEventListener("keydown", closeMenus);
  document.addEventListener("click", (event) => {
    closeMenus(event);
    if ((event.target as Element).closest("[data-theme-toggle]")) choose(current() === "dark" ? "light" : "dark");
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
