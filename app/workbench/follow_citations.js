// Runs once for the results, as gradio's `js_on_load`.

const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const follow = (passage) => {
  for (let each = passage; each && each !== element; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
  passage.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  passage.querySelector("summary").focus({ preventScroll: true });
  for (const other of element.querySelectorAll(".passage.followed")) {
    other.classList.remove("followed");
  }
  passage.classList.add("followed");
};

element.addEventListener("click", (event) => {
  const mark = event.target.closest("a.cite");
  if (!mark) return;
  event.preventDefault();
  const passage = element.querySelector(mark.getAttribute("href"));
  if (passage) follow(passage);
});

// The address names the question and the Versions, so that it can be sent to someone.
let shown = null;
watch("value", () => {
  const results = element.querySelector("[data-link]");
  const link = results?.getAttribute("data-link");
  if (!link) return;
  if (link !== shown) {
    for (const each of element.querySelectorAll("details[open]")) each.open = false;
    shown = link;
  }
  const address = new URL(window.location.href);
  const theme = address.searchParams.get("__theme");
  address.search = link;
  if (theme) address.searchParams.set("__theme", theme);
  window.history.replaceState(window.history.state, "", address);
});
