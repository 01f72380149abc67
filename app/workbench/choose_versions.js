// Runs once for the table of Versions, as gradio's `js_on_load`: the HTML inside is replaced
// whenever Python renders it again, so every listener sits on the root element.

// gradio patches attributes but not what a person has clicked: make the boxes agree again.
const agree = () => {
  for (const box of element.querySelectorAll("input[data-version]")) {
    box.checked = box.hasAttribute("checked");
  }
  const further = element.querySelector("[data-act=further]");
  if (further) further.setAttribute("aria-pressed", String(element.dataset.further === "yes"));
};

element.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-version]")) return;
  const boxes = element.querySelectorAll("input[data-version]:checked");
  trigger("choose", { versions: Array.from(boxes, (box) => box.dataset.version) });
});

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.column) trigger("sort", { column: button.dataset.column });
  if (button.dataset.act === "refresh" || button.dataset.act === "reload") trigger("reload", {});
  if (button.dataset.act === "further") {
    element.dataset.further = element.dataset.further === "yes" ? "no" : "yes";
    agree();
  }
  if (button.dataset.copy) {
    navigator.clipboard?.writeText(button.dataset.copy).then(() => {
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
});

watch("value", agree);
agree();
