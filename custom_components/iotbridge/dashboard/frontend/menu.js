// Menus, questions and small forms, on the browser's popovers. Escape closes and gives the focus back.
import { button, h, icon } from "./dom.js";
import { t } from "./texts.js";

const PHONE = matchMedia("(max-width: 600px)");
const GAP = 8;

const place = (popover, anchor) => {
  const { width, height } = popover.getBoundingClientRect();
  const box = anchor.getBoundingClientRect();
  const below = box.bottom + 4;
  const top = below + height <= innerHeight - GAP ? below : Math.max(GAP, box.top - height - 4);
  popover.style.left = `${Math.min(Math.max(GAP, box.right - width), innerWidth - width - GAP)}px`;
  popover.style.top = `${Math.min(top, Math.max(GAP, innerHeight - height - GAP))}px`;
};

/** Show a popover in the shadow root of its button: a dialog covers all else. */
const open = (anchor, popover) => {
  const isSheet = PHONE.matches;
  popover.classList.toggle("sheet", isSheet);
  anchor.getRootNode().append(popover);
  anchor.setAttribute("aria-expanded", "true");
  popover.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    const hadFocus = popover.contains(popover.getRootNode().activeElement);
    anchor.setAttribute("aria-expanded", "false");
    popover.remove();
    if (hadFocus || popover.hasToReturn) anchor.focus();
  });
  popover.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    // Otherwise the dialog below closes as well.
    event.stopPropagation();
    event.preventDefault();
    popover.hasToReturn = true;
    popover.hidePopover();
  });
  popover.showPopover();
  if (!isSheet) place(popover, anchor);
};

const top = (title, text) =>
  title ? h("div.top", h("b", title), text ? h("p", text) : null) : null;

const move = (event, buttons) => {
  const index = buttons.indexOf(event.target);
  const next = {
    ArrowDown: (index + 1) % buttons.length,
    ArrowUp: (index - 1 + buttons.length) % buttons.length,
    Home: 0,
    End: buttons.length - 1,
  }[event.key];
  if (next === undefined || index < 0) return;
  event.preventDefault();
  buttons[next].focus();
};

/** Open a menu. Items are `{label, detail, icon, run}`; null leaves an item out. */
export const openMenu = (anchor, items, { title, text, label } = {}) => {
  const buttons = items.filter(Boolean).map((item) => {
    const run = () => {
      popover.hasToReturn = true;
      popover.hidePopover();
      item.run();
    };
    return h(
      "button",
      { role: "menuitem", tabindex: "-1", onclick: run },
      item.icon ? icon(item.icon) : null,
      h("span", item.label),
      item.detail ? h("span.num", item.detail) : null,
    );
  });
  const list = h(
    "div",
    { class: "menu-list", role: "menu", "aria-label": label ?? title, onkeydown: (event) => move(event, buttons) },
    buttons,
  );
  const popover = h("div", { popover: "auto" }, top(title, text), list);
  open(anchor, popover);
  buttons[0]?.focus();
};

/** Open a form or a question. `fields` are `{name, label, type, value, min, required}`. */
export const openForm = (hass, anchor, { title, text, confirm, icon: name, isBad = false, fields = [], run }) => {
  const inputs = fields.map(({ name: field, label, type = "text", ...attributes }) => {
    const input =
      type === "textarea" ? h("textarea", { name: field, rows: 2, maxlength: 500 }) : h("input", { name: field, type, ...attributes });
    return h("label", label, input);
  });
  const submit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    popover.hasToReturn = true;
    popover.hidePopover();
    run(values);
  };
  const cancel = () => {
    popover.hasToReturn = true;
    popover.hidePopover();
  };
  const form = h(
    "form",
    { onsubmit: submit },
    inputs.length ? h("div.fields", inputs) : null,
    h(
      "div",
      { class: "answers" },
      button("", cancel, t(hass, "menu.cancel")),
      h("button", { class: `btn ${isBad ? "bad" : "main"}`, type: "submit" }, name ? icon(name) : null, confirm),
    ),
  );
  const popover = h("div", { popover: "auto", role: "dialog", "aria-label": title }, top(title, text), form);
  open(anchor, popover);
  (form.querySelector("input, textarea") ?? form.querySelector("[type=submit]")).focus();
};
