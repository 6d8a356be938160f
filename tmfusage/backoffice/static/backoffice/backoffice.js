"use strict";

// Buttons that copy the text of another element say so aloud; JSON fields are checked and tidied when they are left.
(() => {
  const announce = (button, words) => {
    const place = document.getElementById(button.dataset.status);
    if (place) place.textContent = words;
  };

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
    }
    announce(button, button.dataset.copied);
  };

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

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("textarea.tmf-json")) check(event.target);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("textarea.tmf-json")) event.target.setCustomValidity("");
  });
})();
