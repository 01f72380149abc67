// Runs once for the results, as gradio's `js_on_load`.

const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// What a person opened, by id: gradio closes it each time that an answer has grown.
const opened = new Set();

const open = (details) => {
  details.open = true;
  opened.add(details.id);
};

const follow = (passage) => {
  for (let each = passage; each && each !== element; each = each.parentElement) {
    if (each.tagName === "DETAILS") open(each);
  }
  passage.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  passage.querySelector("summary").focus({ preventScroll: true });
  for (const other of element.querySelectorAll(".passage.followed")) {
    other.classList.remove("followed");
  }
  passage.classList.add("followed");
};

element.addEventListener("click", (event) => {
  const summary = event.target.closest("summary");
  if (summary) {
    const { id, open: wasOpen } = summary.parentElement;
    if (wasOpen) opened.delete(id);
    else opened.add(id);
  }
  const mark = event.target.closest("a.cite");
  if (!mark) return;
  event.preventDefault();
  const passage = element.querySelector(mark.getAttribute("href"));
  if (passage) follow(passage);
});

// The address names the question and the Versions, so that it can be sent to someone.
let shown = null;
let height = 0;
watch("value", () => {
  const results = element.querySelector("[data-link]");
  // While Versions answer, the page keeps its height, so that nobody loses their place in it.
  const busy = results?.getAttribute("aria-busy") === "true";
  element.style.minHeight = busy ? `${height}px` : "";
  if (!busy) height = element.offsetHeight;
  const link = results?.getAttribute("data-link");
  if (!link) return;
  const asked = `${link} ${results.getAttribute("data-turn")}`;
  if (asked !== shown) {
    for (const each of element.querySelectorAll("details[open]")) each.open = false;
    opened.clear();
    shown = asked;
  }
  for (const each of element.querySelectorAll("details[id]")) {
    if (opened.has(each.id)) each.open = true;
  }
  const address = new URL(window.location.href);
  const theme = address.searchParams.get("__theme");
  address.search = link;
  if (theme) address.searchParams.set("__theme", theme);
  window.history.replaceState(window.history.state, "", address);
});
