"use strict";

// Copies the text of the element that `data-copy` names, and says so where `data-said` points.
(function () {
    function byHand(element) {
        const selection = window.getSelection();
        const range = document.createRange();
        range.selectNodeContents(element);
        selection.removeAllRanges();
        selection.addRange(range);
        const copied = document.execCommand("copy");
        selection.removeAllRanges();
        return copied;
    }

    async function copy(element) {
        // The clipboard API is there on https and localhost only.
        if (navigator.clipboard && window.isSecureContext) {
            try {
                await navigator.clipboard.writeText(element.textContent);
                return true;
            } catch (refused) {
                return byHand(element);
            }
        }
        return byHand(element);
    }

    document.addEventListener("click", async function (event) {
        const button = event.target.closest("[data-copy]");
        if (!button) {
            return;
        }
        const copied = await copy(document.getElementById(button.dataset.copy));
        const said = document.getElementById(button.dataset.said);
        said.textContent = copied ? button.dataset.done : button.dataset.failed;
        window.setTimeout(function () { said.textContent = ""; }, 4000);
    });
})();

// JSON fields are checked when they are left.
(() => {
  // Only the shape is checked: parsing would round the numbers, so the text itself is never rewritten.
  const check = (field) => {
    let broken = "";
    if (field.value.trim()) {
      try {
        JSON.parse(field.value);
      } catch (error) {
        broken = error.message;
      }
    }
    field.setAttribute("aria-invalid", broken ? "true" : "false");
    field.setCustomValidity(broken);
    field.title = broken;
  };

  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("textarea.tmf-json")) check(event.target);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("textarea.tmf-json")) event.target.setCustomValidity("");
  });
})();
