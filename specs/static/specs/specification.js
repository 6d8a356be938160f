"use strict";

// A folded characteristic is opened in its place, and nobody types more than the server takes.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("usagespecification_form");
  const limit = document.getElementById("tmf-limit");
  const unread = document.getElementById("tmf-unread");
  if (!form || !limit) return;
  const most = Number(limit.dataset.most);
  const fields = (element) => element.querySelectorAll("input[name], select[name], textarea[name]").length;
  const fits = (further) => [...new FormData(form)].length + further <= most;

  const show = (message) => {
    message.hidden = false;
    message.scrollIntoView({ block: "center" });
    if (message === limit) message.focus();
  };

  const keyOf = (row) => row.querySelector(':scope > input[name^="characteristics-"][name$="-id"]');
  const indexOf = (row) => keyOf(row).name.split("-")[1];

  const fetched = async (link) => {
    const answer = await fetch(`${link.href}&alone=1`, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = [...page.querySelectorAll("#characteristics-data > .form-group.original")];
    return rows.find((row) => keyOf(row).value === link.dataset.open) ?? null;
  };

  // What was moved or marked for deletion while it was folded stays so.
  const keep = (from, to, name) => {
    const [before, after] = [from, to].map((row) => row.querySelector(`[name="characteristics-${indexOf(row)}-${name}"]`));
    if (before && after) [after.value, after.checked] = [before.value, before.checked];
  };

  const replace = (row, open) => {
    const index = indexOf(row);
    open.innerHTML = open.innerHTML.replaceAll(`characteristics-${indexOf(open)}-`, `characteristics-${index}-`);
    open.classList.toggle("last", row.classList.contains("last"));
    row.after(open);
    // As for a row that was added: its buttons and pickers come alive.
    open.dispatchEvent(
      new CustomEvent("formsetGroup:added", { bubbles: true, detail: { formsetName: "characteristics", row: open, index } }),
    );
    keep(row, open, "position");
    keep(row, open, "DELETE");
    row.remove();
    open.querySelector('input:not([type="hidden"]), select, textarea')?.focus();
  };

  const open = async (link) => {
    link.setAttribute("aria-busy", "true");
    const row = await fetched(link);
    link.removeAttribute("aria-busy");
    if (!row) show(unread);
    else if (!fits(fields(row))) show(limit);
    else replace(link.closest(".form-group"), row);
  };

  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (link.getAttribute("aria-busy") !== "true") open(link);
      return;
    }
    const template = event.target.closest(".add-row")?.closest(".formset")?.querySelector(":scope > .empty-form");
    if (template && !fits(fields(template))) {
      event.preventDefault();
      event.stopPropagation();
      show(limit);
    }
  }, true);

  // A row that was added stands last; one that was only opened keeps its place.
  form.addEventListener("formset:added", (event) => {
    const place = event.target.querySelector('input[name$="-position"]');
    const [, rows, index] = place?.name.match(/^(.+)-(\d+)-position$/) ?? [];
    if (!rows || Number(index) < Number(form.elements[`${rows}-INITIAL_FORMS`]?.value)) return;
    const others = [...form.elements].filter(
      (each) => each !== place && each.name.startsWith(`${rows}-`) && /^\d+-position$/.test(each.name.slice(rows.length + 1)),
    );
    place.value = Math.max(-1, ...others.map((each) => Number(each.value))) + 1;
  });

  // Among texts a value needs no quotes, so it is not checked for being JSON when it is left.
  const textual = new Set(["string", "dateTime", "date"]);
  form.addEventListener("focusout", (event) => {
    const name = event.target.name ?? "";
    if (!/^characteristics-.+-values-.+-value$/.test(name)) return;
    const types = [`${name}_type`, `${name.split("-values-")[0]}-value_type`].map((each) => form.elements[each]?.value);
    const said = types.filter(Boolean);
    if (!said.length || !said.every((each) => textual.has(each))) return;
    event.stopPropagation();
    event.target.setAttribute("aria-invalid", "false");
  });

  form.addEventListener("submit", (event) => {
    if (fits(0)) return;
    event.preventDefault();
    show(limit);
  });
  if (!fits(0)) show(limit);
});
