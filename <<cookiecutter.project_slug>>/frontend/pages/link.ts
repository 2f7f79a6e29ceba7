/** On the page of a link: takes what stands behind the # out of the address, and with it out of the history, and posts it. */

const form = document.getElementById("link") as HTMLFormElement | null;
const token = location.hash.slice(1);
if (form && token) {
  history.replaceState(null, "", location.pathname);
  (form.elements.namedItem("token") as HTMLInputElement).value = token;
  form.submit();
} else if (form) {
  form.hidden = true;
  document.getElementById("link-problem")?.removeAttribute("hidden");
}
